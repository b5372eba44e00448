using StackExchange.Redis;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>The Redis channels between the nodes; <paramref name="Redis"/> is null when there are none.</summary>
public sealed record Backplane(ConfigurationOptions? Redis)
{
    /// <summary>Before the name of every channel.</summary>
    public const string ChannelPrefix = "imdapr";

    public bool IsConfigured => Redis is not null;

    /// <summary>From StackExchange.Redis' own notation (<c>host:port,password=…</c>).</summary>
    public static Backplane From(string configuration) => With(ConfigurationOptions.Parse(configuration));

    /// <summary>From the variables that also address the Redis of the components.</summary>
    public static Backplane From(string host, string? username, string? password, bool tls)
    {
        var redis = new ConfigurationOptions
        {
            User = string.IsNullOrEmpty(username) ? null : username,
            Password = string.IsNullOrEmpty(password) ? null : password,
            Ssl = tls,
        };
        foreach (var address in host.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            redis.EndPoints.Add(address);
        return With(redis);
    }

    private static Backplane With(ConfigurationOptions redis)
    {
        redis.ChannelPrefix = RedisChannel.Literal(ChannelPrefix);
        // Redis may start after us, and come back after having gone.
        redis.AbortOnConnectFail = false;
        // Away: a push is given up at once, and a call that needs the backplane is refused. Nothing waits in a queue without a limit.
        redis.BacklogPolicy = BacklogPolicy.FailFast;
        redis.AsyncTimeout = 3000;
        // A connection of its own for subscriptions: its loss and return are what tells that pushes were missed.
        redis.Protocol = RedisProtocol.Resp2;
        return new Backplane(redis);
    }
}
