using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Sending;
using ImDapr.MessageService.Timeline;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Inbox;

/// <summary>Reads a page of an inbox and puts the entities to its references.</summary>
public sealed class InboxPages(IMessageStore messages, TimeProvider time, IOptions<MessageLimits> limits)
{
    // A page of full bodies stays far below the 4 MiB that Dapr carries.
    private const int PageBytes = Limits.BatchBytes;
    private const int DefaultLimit = 100;
    private static readonly JsonElement Nothing = JsonElement.Parse("{}");

    /// <summary>The page after the asked position, or null when a segment was not found that the inbox should have.</summary>
    public async Task<SyncPage?> ReadAsync(Inbox inbox, StoredInbox store, SyncRequest request, CancellationToken cancellationToken)
    {
        var isForeign = request.Epoch is { } epoch && epoch != inbox.Epoch;
        var reset = isForeign || request.After > inbox.Head || request.After < inbox.First - 1;
        var after = reset ? inbox.First - 1 : request.After;
        var limit = Math.Min(request.Limit == 0 ? DefaultLimit : request.Limit, limits.Value.PageSize);
        if (await store.ReadAsync(inbox, after, limit, cancellationToken) is not { } references)
            return null;
        var entries = await HydrateAsync(inbox, references, after, cancellationToken);
        return new SyncPage(entries, after + entries.Length, inbox.Head, inbox.Epoch, reset, []);
    }

    private async Task<InboxEntry[]> HydrateAsync(Inbox inbox, List<InboxReference> references, long after, CancellationToken cancellationToken)
    {
        // A recalled copy is looked up: the entity says who recalled it.
        var asked = references.Where(entry => entry.Copy is null || IsRecalled(inbox, entry)).Select(entry => (entry.ConversationId, entry.Seq)).ToList();
        var entities = await messages.ReadAsync(asked, cancellationToken);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var entries = new List<InboxEntry>(references.Count);
        var bytes = 0;
        foreach (var reference in references)
        {
            var message = Shown(reference, IsRecalled(inbox, reference), entities.GetValueOrDefault((reference.ConversationId, reference.Seq)), now);
            bytes += message.Bytes();
            if (bytes > PageBytes && entries.Count > 0)
                break;
            entries.Add(new InboxEntry(after + entries.Count + 1, message));
        }
        return [.. entries];
    }

    private static bool IsRecalled(Inbox inbox, InboxReference entry) =>
        entry.Copy is not null && inbox.IsRecalled(entry.ConversationId, entry.Seq);

    /// <summary>The message as it is shown now; at the position of one that is no longer kept stands that it has expired.</summary>
    private static Message Shown(InboxReference reference, bool isRecalled, Message? entity, long now)
    {
        var message = isRecalled ? Recalled(reference.Copy!, entity) : reference.Copy ?? entity;
        return message is null || message.ExpiresAt <= now
            ? new Message(reference.ConversationId, reference.Seq, "", "", "", MessageTypes.Expired, Nothing, null, null, 0)
            : message;
    }

    // Whoever sent it, when nobody knows better: it is the usual case.
    private static Message Recalled(Message copy, Message? entity) =>
        copy with { Body = Nothing, Reactions = null, RecalledBy = entity?.RecalledBy ?? copy.SenderId };
}
