using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.UnitTests.ServiceDefaults;

public sealed class MigrationTests
{
    [Fact]
    public void A_file_is_split_into_statements_in_the_order_of_its_number()
    {
        var migration = Migration.ReadAll(typeof(ImDapr.MessageService.Inbox.UserActor).Assembly)[0];

        Assert.Equal((1, "0001_messages", 3), (migration.Number, migration.Name, migration.Statements.Count));
        Assert.All(migration.Statements, statement => Assert.Contains("CREATE TABLE IF NOT EXISTS", statement));
    }
}
