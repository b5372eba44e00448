using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class HubDrainTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(0, 20, 1)]
    [InlineData(350, 20, 3)]
    [InlineData(100_000, 20, 10)]
    [InlineData(100_000, 1, 1)]
    public void Clients_leave_over_seconds_but_within_half_of_the_limit(int clients, int limitSeconds, int seconds) =>
        Assert.Equal(seconds, HubDrain.SpreadSeconds(clients, limitSeconds));

    [Fact]
    public async Task A_node_is_empty_when_its_last_connection_has_gone()
    {
        var connections = new LocalConnections();
        connections.Add(Connection("c1"));
        connections.Add(Connection("c2"));

        var empty = connections.EmptyAsync(CancellationToken.None);
        connections.Remove("c1");
        Assert.False(empty.IsCompleted);
        connections.Remove("c2");

        await empty.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_node_without_connections_is_empty_at_once() => await new LocalConnections().EmptyAsync(CancellationToken.None).WaitAsync(Patience);

    private static LocalConnection Connection(string id) => new(null!, "ann", new DeviceSession("d1", "web", id, "n1"));
}
