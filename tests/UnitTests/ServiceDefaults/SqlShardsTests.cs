using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.UnitTests.ServiceDefaults;

public sealed class SqlShardsTests
{
    // SELECT CRC32('d:ann:bob') % 16 and so on: an operator finds rows with SQL, and what was stored must be found for ever.
    [Theory]
    [InlineData("d:ann:bob", 16, 3)]
    [InlineData("g:0f8fad5bd9cb469fa165708672f1b8c4", 16, 11)]
    [InlineData("s:ann", 7, 5)]
    [InlineData("s:ann", 1, 0)]
    public void A_key_belongs_where_the_database_itself_would_put_it(string key, int databases, int shard) =>
        Assert.Equal(shard, SqlShards.IndexOf(key, databases));

    [Fact]
    public void Doubling_the_databases_splits_each_into_two()
    {
        foreach (var key in Enumerable.Range(0, 1_000).Select(i => $"g:{i}"))
            Assert.Equal(SqlShards.IndexOf(key, 4), SqlShards.IndexOf(key, 8) % 4);
    }

    [Fact]
    public void Keys_spread_evenly()
    {
        var counts = Enumerable.Range(0, 10_000).CountBy(i => SqlShards.IndexOf($"d:user{i}:user{i + 1}", 10)).Select(shard => shard.Value);

        Assert.All(counts, count => Assert.InRange(count, 800, 1_200));
    }
}
