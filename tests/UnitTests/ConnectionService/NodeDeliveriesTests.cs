using System.Text.Json;
using ImDapr.ConnectionService.Delivery;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class NodeDeliveriesTests
{
    private static readonly Message[] Messages = [.. Enumerable.Range(1, 3).Select(seq =>
        new Message("g:one", seq, "ann", "d1", $"{seq}", MessageTypes.Text, JsonElement.Parse("{}"), null, null, 0))];

    private static readonly Receipt Mark = new("g:one", "ann", 1, 2);

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
    public void Nothing_is_forwarded_to_oneself() =>
        Assert.Empty(NodeDeliveries.ForOthers(new Deliveries(Messages, [new UserDelivery("ann", [new(1, 0)], ["here"])], []), "here"));
}
