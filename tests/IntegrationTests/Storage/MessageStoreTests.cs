using ImDapr.Contracts;
using ImDapr.IntegrationTests.LocalDapr;
using ImDapr.UnitTests.MessageService.Entities;

namespace ImDapr.IntegrationTests.Storage;

/// <summary>State in Redis.</summary>
public sealed class RedisSidecar(ComponentServers servers) : StoreSidecar
{
    protected override async Task WriteComponentsAsync(string folder)
    {
        await WriteAsync(folder, DaprNames.StateStore, "state.redis", $"{{name: redisHost, value: '{servers.RedisHost}'}}");
        await WriteAsync(folder, DaprNames.Entities, "bindings.mysql", $"{{name: url, value: '{servers.MySqlDsn}'}}");
    }
}

/// <summary>State in MySQL: other ETags, other keys that are the same, transactions that roll back.</summary>
public sealed class MySqlSidecar(ComponentServers servers) : StoreSidecar
{
    protected override async Task WriteComponentsAsync(string folder)
    {
        var server = servers.MySqlDsn[..(servers.MySqlDsn.LastIndexOf('/') + 1)];
        await WriteAsync(folder, DaprNames.StateStore, "state.mysql", $"{{name: connectionString, value: '{server}'}}, {{name: schemaName, value: message_state}}");
        await WriteAsync(folder, DaprNames.Entities, "bindings.mysql", $"{{name: url, value: '{servers.MySqlDsn}'}}");
    }
}

[Collection(ComponentServers.Collection)]
public sealed class SqlStoreOnMySql(MySqlSidecar sidecar) : SqlMessageStoreContract(sidecar), IClassFixture<MySqlSidecar>;

[Collection(ComponentServers.Collection)]
public sealed class StateStoreOnMySql(MySqlSidecar sidecar) : StateMessageStoreContract(sidecar), IClassFixture<MySqlSidecar>;

[Collection(ComponentServers.Collection)]
public sealed class StateStoreOnRedis(RedisSidecar sidecar) : StateMessageStoreContract(sidecar), IClassFixture<RedisSidecar>
{
    [Fact]
    public async Task A_message_that_comes_alone_costs_three_calls()
    {
        var instance = Instance();
        await AppendAsync(instance.Store, Send(Conversation, "creates the head"));
        await AppendAsync(instance.Store, Send(Conversation, "learns its version"));

        Assert.Equal(["GetState", "SaveState", "ExecuteStateTransaction"], await instance.CallsAsync(() => AppendAsync(instance.Store, Send(Conversation, "guesses it"))));

        await AppendAsync(Create(), Send(Conversation, "by another instance"));
        Assert.Equal(5, (await AppendAsync(instance.Store, Send(Conversation, "guesses wrong"))).Single().Message.Seq);
    }
}
