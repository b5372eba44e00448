using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.ServiceDefaults.Sql;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.UnitTests.MessageService.Entities;

public sealed class SqlMessageStoreTests(StoreSidecar sidecar) : SqlMessageStoreContract(sidecar), IClassFixture<StoreSidecar>;

/// <summary>The same promises with conversations spread over two databases, and what only holds there.</summary>
public sealed class TwoDatabasesTests(TwoDatabasesSidecar sidecar) : SqlMessageStoreContract(sidecar), IClassFixture<TwoDatabasesSidecar>
{
    [Fact]
    public async Task Each_conversation_is_in_one_database_with_its_members_and_one_batch_reaches_both()
    {
        var conversations = Enumerable.Range(0, 20).Select(_ => NewConversation()).ToList();
        var shards = Sidecar.Shards();
        var members = new MemberStore(shards);
        var user = NewConversation()[2..];

        await members.AddAsync([.. conversations.Select(id => new Membership(user, id, "member", 1, 0, 0, 0, 0))], None);
        await AppendAsync(Create(), [.. conversations.Select(id => Send(id, "hello")), .. conversations.Select(id => Send(id, "again"))]);

        for (var shard = 0; shard < 2; shard++)
        {
            var here = conversations.Where(id => shards.IndexOf(id) == shard).Order().ToList();
            Assert.InRange(here.Count, 1, 19);
            Assert.Equal(here, await StoredAsync(shards.All[shard], "messages", conversations));
            Assert.Equal(here, await StoredAsync(shards.All[shard], "members", conversations));
        }
        Assert.All((await Create().HeadsAsync(conversations, None)).Values, head => Assert.Equal(2, head));
        Assert.Equal(40, (await Create().ReadAsync([.. conversations.SelectMany(id => new[] { (id, 1L), (id, 2L) })], None)).Count);
        Assert.Equal(conversations.Order(), (await members.OfUserAsync(user, None)).Select(member => member.Membership.ConversationId).Order());
        Assert.Equal(conversations.Order(), (await members.FindAsync([.. conversations.Select(id => (id, user))], None)).Select(member => member.ConversationId).Order());
        Assert.Equal(20, (await Create().ActivityAsync([.. (await members.OfUserAsync(user, None)).Select(member => member.Membership)], None)).Count);
    }

    [Fact]
    public async Task Databases_in_another_order_are_refused()
    {
        var exchanged = new SqlShards([.. Sidecar.Shards().All.Reverse()]);
        var runner = new MigrationRunner(
            exchanged, Sidecar.Dapr, new MigrationSet("message", typeof(IMessageStore).Assembly), Sidecar.Time, NullLogger<MigrationRunner>.Instance);

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => runner.StartingAsync(None));

        Assert.Contains("entities-2 is number 2 of 2", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<List<string>> StoredAsync(SqlClient sql, string table, IReadOnlyList<string> conversations)
    {
        var rows = await sql.QueryAsync(
            $"SELECT DISTINCT conversation_id FROM {table} WHERE conversation_id IN ({SqlClient.Marks(conversations.Count)})", [.. conversations], None);
        return [.. rows.Select(row => row.String("conversation_id")).Order()];
    }
}
