using System.Text.Json;
using ImDapr.ConnectionService.Delivery;
using ImDapr.ConnectionService.Sessions;
using ImDapr.Contracts;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class NodeChannelTests : IAsyncLifetime
{
    private const int Unreadable = 2304;
    private static readonly Deliveries Part = new([], [], [], Typings: [new TypingDelivery(new TypingNotice("g:one", "ann"), ["bob"])]);

    private readonly TestNode _node = new(TimeProvider.System);
    private readonly NodeIdentity _identity = new();
    private readonly SeenLog<NodeChannel> _log = new();
    private readonly BackplaneLink _link = new(Backplane.From("127.0.0.1:1")); // not connected: what comes is handed in
    private readonly BackplaneWatch _watch;
    private readonly NodeChannel _channel;

    public NodeChannelTests()
    {
        _watch = new BackplaneWatch(_node.Connections, _node.Clients, TimeProvider.System, NullLogger<BackplaneWatch>.Instance);
        _channel = new NodeChannel(_link, _identity, _node.Pushes, _watch, TimeProvider.System, _log);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        _watch.Dispose();
        _link.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task What_another_node_hands_to_this_one_is_pushed()
    {
        var bob = await _node.ConnectAsync("bob");

        await _channel.HearAsync(Text(Part));

        Assert.Equal(nameof(IImClient.Typing), Assert.Single(bob.Written()).Target);
    }

    [Fact]
    public async Task What_another_node_hands_to_all_is_pushed()
    {
        var bob = await _node.ConnectAsync("bob");

        await _channel.HearOfAllAsync(Text(new NodesDeliveries("other", Part)));

        Assert.Equal(nameof(IImClient.Typing), Assert.Single(bob.Written()).Target);
    }

    [Fact]
    public async Task What_this_node_has_handed_to_all_is_not_pushed_again()
    {
        var bob = await _node.ConnectAsync("bob");

        await _channel.HearOfAllAsync(Text(new NodesDeliveries(_identity.NodeId, Part)));

        Assert.Empty(bob.Written());
        Assert.Empty(_log.EventIds);
    }

    [Fact]
    public async Task What_cannot_be_read_is_logged()
    {
        await _channel.HearAsync("[");
        await _channel.HearOfAllAsync("[");

        Assert.Equal([Unreadable, Unreadable], _log.EventIds);
    }

    private static byte[] Text<T>(T message) => JsonSerializer.SerializeToUtf8Bytes(message, ContractsJson.Wire);
}
