using ImDapr.ConnectionService.Delivery;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class BackplaneTests
{
    [Fact]
    public void The_address_of_the_components_becomes_a_connection_that_outlives_outages()
    {
        var redis = Backplane.From("localhost:6380", "imdapr", "secret", tls: true).Redis!;

        Assert.Equal("localhost:6380", redis.EndPoints[0].ToString()!.Replace("Unspecified/", "", StringComparison.Ordinal));
        Assert.Equal(("imdapr", "secret", true), (redis.User, redis.Password, redis.Ssl));
        Assert.False(redis.AbortOnConnectFail);
        Assert.Equal("imdapr", redis.ChannelPrefix.ToString());
    }

    [Fact]
    public void A_whole_configuration_is_taken_as_it_stands()
    {
        var redis = Backplane.From("one:6379,two:6379,ssl=true,abortConnect=true").Redis!;

        Assert.Equal((2, true, false), (redis.EndPoints.Count, redis.Ssl, redis.AbortOnConnectFail));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(200, 1)]
    [InlineData(2000, 10)]
    [InlineData(1_000_000, 60)]
    public void Syncs_are_spread_over_more_seconds_the_more_clients_there_are(int clients, int seconds) =>
        Assert.Equal(seconds, BackplaneWatch.SpreadSeconds(clients));
}
