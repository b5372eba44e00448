using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>Which part of an event goes to which node.</summary>
public static class NodeDeliveries
{
    /// <summary>For each of the other nodes that hold a device of a recipient: these recipients, and the messages that they get.</summary>
    public static IEnumerable<(string NodeId, Deliveries Part)> ForOthers(Deliveries deliveries, string nodeId) =>
        from user in deliveries.Users
        from other in user.Nodes
        where other != nodeId
        group user by other into node
        select (node.Key, Part(deliveries.Messages, [.. node]));

    private static Deliveries Part(Message[] messages, UserDelivery[] users)
    {
        var kept = users.SelectMany(user => user.Entries).Select(entry => entry.Message).Distinct().Order().ToArray();
        var places = kept.Index().ToDictionary(place => place.Item, place => place.Index);
        return new Deliveries(
            [.. kept.Select(index => messages[index])],
            [.. users.Select(user => user with { Entries = [.. user.Entries.Select(entry => entry with { Message = places[entry.Message] })] })],
            []);
    }
}
