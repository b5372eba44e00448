using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>Which part of an event goes to which node.</summary>
public static class NodeDeliveries
{
    /// <summary>For each of the other nodes that hold a device of a recipient: these recipients, and what they get.</summary>
    public static IEnumerable<(string NodeId, Deliveries Part)> ForOthers(Deliveries deliveries, string nodeId)
    {
        // As nearly always where one node serves everybody.
        if (!IsForOthers(deliveries, nodeId))
            return [];
        var users = Others(deliveries.Users, user => user.Nodes, nodeId);
        var receipts = Others(deliveries.Receipts, receipt => receipt.Nodes ?? [], nodeId);
        var typings = Others(deliveries.Typings ?? [], typing => typing.Nodes ?? [], nodeId);
        return users.Select(node => node.Key).Union(receipts.Select(node => node.Key)).Union(typings.Select(node => node.Key))
            .Select(other => (other, Part(deliveries.Messages, [.. users[other]], [.. receipts[other]], [.. typings[other]])));
    }

    /// <summary>For whichever nodes hold the users: what nobody knows the nodes of; null when there is nothing.</summary>
    public static Deliveries? ForAll(Deliveries deliveries)
    {
        ReceiptDelivery[] receipts = [.. deliveries.Receipts.Where(receipt => receipt.Nodes is null)];
        TypingDelivery[] typings = [.. (deliveries.Typings ?? []).Where(typing => typing.Nodes is null)];
        return receipts.Length + typings.Length == 0 ? null : Part([], [], receipts, typings);
    }

    private static bool IsForOthers(Deliveries deliveries, string nodeId) =>
        Array.Exists(deliveries.Users, user => HasOther(user.Nodes, nodeId))
        || Array.Exists(deliveries.Receipts, receipt => HasOther(receipt.Nodes, nodeId))
        || Array.Exists(deliveries.Typings ?? [], typing => HasOther(typing.Nodes, nodeId));

    private static bool HasOther(string[]? nodes, string nodeId)
    {
        foreach (var node in nodes ?? [])
        {
            if (node != nodeId)
                return true;
        }
        return false;
    }

    private static ILookup<string, T> Others<T>(IEnumerable<T> all, Func<T, IEnumerable<string>> nodesOf, string nodeId) =>
        all.SelectMany(one => nodesOf(one).Where(other => other != nodeId).Select(other => (other, one))).ToLookup(pair => pair.other, pair => pair.one);

    private static Deliveries Part(Message[] messages, UserDelivery[] users, ReceiptDelivery[] receipts, TypingDelivery[] typings)
    {
        var kept = users.SelectMany(user => user.Entries).Select(entry => entry.Message).Distinct().Order().ToArray();
        var places = kept.Index().ToDictionary(place => place.Item, place => place.Index);
        return new Deliveries(
            [.. kept.Select(index => messages[index])],
            [.. users.Select(user => user with { Entries = [.. user.Entries.Select(entry => entry with { Message = places[entry.Message] })] })],
            receipts,
            Typings: typings.Length == 0 ? null : typings);
    }
}
