using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class LocalPushesTests : IAsyncLifetime
{
    private static readonly Receipt Mark = new("g:one", "ann", 1, 2);
    private static readonly TypingNotice Notice = new("g:one", "ann");

    private readonly TestNode _node = new(TimeProvider.System);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Theory]
    [InlineData("here", "there")]
    [InlineData("there")]
    [InlineData]
    [InlineData(null)]
    public async Task Receipts_and_typing_notices_reach_whoever_is_here_whatever_nodes_they_name(params string[]? nodes)
    {
        Reader bob = await _node.ConnectAsync("bob"), carl = await _node.ConnectAsync("carl");

        await Task.WhenAll(_node.Pushes.Push(new Deliveries(
            [], [], [new ReceiptDelivery(Mark, ["bob", "dave"], nodes)], Typings: [new TypingDelivery(Notice, ["bob", "dave"], nodes)])));

        Assert.Equal(
            [(nameof(IImClient.Receipt), Mark), (nameof(IImClient.Typing), Notice)],
            bob.Written().Select(written => (written.Target, written.Arguments[0]!)));
        Assert.Empty(carl.Written());
    }

    [Fact]
    public async Task Entries_reach_the_connections_of_their_users()
    {
        Reader bob = await _node.ConnectAsync("bob"), carl = await _node.ConnectAsync("carl");
        var message = new Message("g:one", 1, "ann", "d1", "1", MessageTypes.Text, JsonElement.Parse("{}"), null, null, 0);

        await Task.WhenAll(_node.Pushes.Push(new Deliveries([message], [new UserDelivery("bob", [new(7, 0)], ["here"])], [])));

        var written = Assert.Single(bob.Written());
        Assert.Equal(nameof(IImClient.Deliver), written.Target);
        Assert.Equal([new InboxEntry(7, message)], Assert.IsType<InboxEntry[]>(written.Arguments[0]));
        Assert.Empty(carl.Written());
    }
}
