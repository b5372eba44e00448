using System.Text.Json;
using ImDapr.ConnectionService.Delivery;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class NodeDeliveriesTests
{
    private static readonly Message[] Messages = [.. Enumerable.Range(1, 3).Select(seq =>
        new Message("g:one", seq, "ann", "d1", $"{seq}", MessageTypes.Text, JsonElement.Parse("{}"), null, null, 0))];

    private static readonly Receipt Mark = new("g:one", "ann", 1, 2);
    private static readonly TypingNotice Notice = new("g:one", "ann");

    [Fact]
    public void Each_other_node_gets_the_users_that_it_holds_and_their_messages_once()
    {
        var deliveries = new Deliveries(
            Messages,
            [
                new UserDelivery("ann", [new(7, 0), new(8, 2)], ["here"]),
                new UserDelivery("bob", [new(3, 2)], ["here", "there"]),
                new UserDelivery("carl", [new(4, 0), new(5, 2)], ["there"]),
            ],
            []);

        var (nodeId, part) = Assert.Single(NodeDeliveries.ForOthers(deliveries, "here"));

        Assert.Equal("there", nodeId);
        Assert.Equal([1, 3], part.Messages.Select(message => message.Seq));
        Assert.Equal(["bob", "carl"], part.Users.Select(user => user.UserId));
        Assert.Equal([new DeliveredEntry(3, 1)], part.Users[0].Entries);
        Assert.Equal([new DeliveredEntry(4, 0), new DeliveredEntry(5, 1)], part.Users[1].Entries);
    }

    [Fact]
    public void Receipts_go_to_the_nodes_of_their_readers_and_not_where_that_is_not_known()
    {
        var deliveries = new Deliveries([], [], [new ReceiptDelivery(Mark, ["ann", "bob"], ["here", "there"]), new ReceiptDelivery(Mark, ["carl"])]);

        var (nodeId, part) = Assert.Single(NodeDeliveries.ForOthers(deliveries, "here"));

        Assert.Equal("there", nodeId);
        Assert.Equal(["ann", "bob"], Assert.Single(part.Receipts).ToUserIds);
    }

    [Fact]
    public void Typing_notices_go_to_the_nodes_of_those_who_are_told()
    {
        var deliveries = new Deliveries([], [], [], Typings: [new TypingDelivery(Notice, ["bob"], ["there"]), new TypingDelivery(Notice, ["carl"], ["here"])]);

        var (nodeId, part) = Assert.Single(NodeDeliveries.ForOthers(deliveries, "here"));

        Assert.Equal("there", nodeId);
        Assert.Equal(["bob"], Assert.Single(part.Typings!).ToUserIds);
    }

    [Fact]
    public void What_nobody_knows_the_nodes_of_goes_to_all()
    {
        var deliveries = new Deliveries(
            Messages,
            [new UserDelivery("ann", [new(7, 0)], ["there"])],
            [new ReceiptDelivery(Mark, ["ann"], ["there"]), new ReceiptDelivery(Mark, ["bob"])],
            Typings: [new TypingDelivery(Notice, ["ann"], ["there"]), new TypingDelivery(Notice, ["carl"])]);

        var part = NodeDeliveries.ForAll(deliveries)!;

        Assert.Empty(part.Messages);
        Assert.Empty(part.Users);
        Assert.Equal(["bob"], Assert.Single(part.Receipts).ToUserIds);
        Assert.Equal(["carl"], Assert.Single(part.Typings!).ToUserIds);
    }

    [Fact]
    public void Where_all_nodes_are_known_nothing_goes_to_all() => Assert.Null(NodeDeliveries.ForAll(new Deliveries(
        Messages, [new UserDelivery("ann", [new(7, 0)], ["there"])], [new ReceiptDelivery(Mark, ["ann"], [])], Typings: [new TypingDelivery(Notice, ["ann"], ["there"])])));

    [Fact]
    public void A_typing_notice_of_the_version_before_goes_to_all()
    {
        var before = """{"messages":[],"users":[],"receipts":[],"typings":[{"typing":{"conversationId":"g:one","userId":"ann"},"toUserIds":["bob"]}]}""";

        var part = NodeDeliveries.ForAll(JsonSerializer.Deserialize<Deliveries>(before, ContractsJson.Wire)!)!;

        Assert.Equal(Notice, Assert.Single(part.Typings!).Typing);
    }

    [Fact]
    public void Nothing_is_forwarded_to_oneself() =>
        Assert.Empty(NodeDeliveries.ForOthers(new Deliveries(Messages, [new UserDelivery("ann", [new(1, 0)], ["here"])], []), "here"));
}
