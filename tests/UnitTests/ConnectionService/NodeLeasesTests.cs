using Dapr.Client;
using ImDapr.ConnectionService.Presence;
using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using ImDapr.UnitTests.LocalDapr.Hosting;
using Microsoft.Extensions.Options;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class NodeLeasesTests : IAsyncLifetime
{
    private readonly TestSystem _dapr = new();
    private readonly NodeIdentity _here = new();
    private readonly NodeIdentity _there = new();
    private DaprClient _client = null!;
    private PresenceStore _store = null!;

    public async Task InitializeAsync()
    {
        _dapr.Component(DaprNames.StateStore, "state.in-memory");
        var variables = (await _dapr.SidecarAsync(DaprNames.ConnectionService)).AppVariables;
        _client = new DaprClientBuilder().UseHttpEndpoint(variables["DAPR_HTTP_ENDPOINT"]).UseGrpcEndpoint(variables["DAPR_GRPC_ENDPOINT"])
            .UseJsonSerializationOptions(ContractsJson.Wire).Build();
        _store = new PresenceStore(_client, Options.Create(new PresenceOptions()));
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _dapr.DisposeAsync();
    }

    [Fact]
    public async Task A_node_whose_lease_has_ended_is_found_dead_once_by_each_that_knew_it()
    {
        var (here, there) = (Leases(_here), Leases(_there));
        await BeatAsync(here, _here);
        await BeatAsync(there, _there);
        Assert.Empty(await BeatAsync(here, _here));

        await _store.EndLeaseAsync(_there.NodeId, CancellationToken.None);

        Assert.Equal([_there.NodeId], await BeatAsync(here, _here));
        Assert.Empty(await BeatAsync(here, _here));
        Assert.Equal([_here.NodeId], await _store.NodesAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_node_that_the_store_has_forgotten_registers_again()
    {
        var here = Leases(_here);
        await BeatAsync(here, _here);
        await _client.DeleteStateAsync(DaprNames.StateStore, "nodes");

        Assert.Empty(await BeatAsync(here, _here));

        Assert.Equal([_here.NodeId], await _store.NodesAsync(CancellationToken.None));
    }

    private NodeLeases Leases(NodeIdentity node) => new(_store, node, Options.Create(new PresenceOptions()), TimeProvider.System);

    private async Task<IReadOnlySet<string>> BeatAsync(NodeLeases leases, NodeIdentity node)
    {
        await _store.RenewLeaseAsync(node.NodeId, CancellationToken.None);
        return await leases.DiedAsync(CancellationToken.None);
    }
}
