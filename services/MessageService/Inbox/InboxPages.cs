using ImDapr.Contracts;
using ImDapr.MessageService.Entities;

namespace ImDapr.MessageService.Inbox;

/// <summary>Reads a page of an inbox and puts the entities to its references.</summary>
public sealed class InboxPages(IMessageStore messages)
{
    // A page of full bodies stays far below the 4 MiB that Dapr carries.
    private const int PageBytes = Limits.BatchBytes;
    private const int DefaultLimit = 100;

    /// <summary>The page after the asked position, or null when the store has lost a segment that the inbox should have.</summary>
    public async Task<SyncPage?> ReadAsync(Inbox inbox, InboxStore store, SyncRequest request, CancellationToken cancellationToken)
    {
        var isForeign = request.Epoch is { } epoch && epoch != inbox.Epoch;
        var reset = isForeign || request.After > inbox.Head || request.After < inbox.First - 1;
        var after = reset ? inbox.First - 1 : request.After;
        var limit = Math.Min(request.Limit == 0 ? DefaultLimit : request.Limit, Limits.PageSize);
        if (await ReferencesAsync(inbox, store, after, limit, cancellationToken) is not { } references)
            return null;
        var entries = await HydrateAsync(references, after, cancellationToken);
        return new SyncPage(entries, after + entries.Length, inbox.Head, inbox.Epoch, reset, []);
    }

    private static async Task<List<InboxReference>?> ReferencesAsync(
        Inbox inbox, InboxStore store, long after, int limit, CancellationToken cancellationToken)
    {
        var references = new List<InboxReference>(limit);
        for (var position = after + 1; position <= inbox.Head && references.Count < limit;)
        {
            var segment = Inbox.SegmentOf(position);
            var entries = segment == inbox.TailSegment ? inbox.Tail : await store.SegmentAsync(segment, cancellationToken);
            if (entries is null)
                return null;
            var rest = entries.Skip((int)(position - 1 - (segment * Inbox.SegmentSize))).Take(limit - references.Count).ToList();
            references.AddRange(rest);
            position += rest.Count;
        }
        return references;
    }

    private async Task<InboxEntry[]> HydrateAsync(List<InboxReference> references, long after, CancellationToken cancellationToken)
    {
        var entities = await messages.ReadAsync([.. references.Select(entry => (entry.ConversationId, entry.Seq))], cancellationToken);
        var entries = new List<InboxEntry>(references.Count);
        var bytes = 0;
        foreach (var reference in references)
        {
            var message = entities[(reference.ConversationId, reference.Seq)];
            bytes += message.Body.GetRawText().Length + 256;
            if (bytes > PageBytes && entries.Count > 0)
                break;
            entries.Add(new InboxEntry(after + entries.Count + 1, message));
        }
        return [.. entries];
    }
}
