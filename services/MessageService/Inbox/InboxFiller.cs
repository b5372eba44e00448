using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Timeline;

namespace ImDapr.MessageService.Inbox;

/// <summary>Finds in the entity store what an inbox lacks: nothing here trusts a broker to be complete.</summary>
public sealed class InboxFiller(MessageStore messages, MemberStore members, TimeProvider time)
{
    // One query's worth; a longer gap is filled in steps.
    private const int Step = 1_000;

    /// <summary>The references from–to of a conversation, voids included, without holes.</summary>
    public async Task<List<MessageReference>> RangeAsync(
        string conversationId, long from, long to, long joinSeq, CancellationToken cancellationToken)
    {
        var keys = await CompleteAsync(conversationId, from, to, cancellationToken);
        return [.. keys.Select(key => Reference(key, joinSeq))];
    }

    /// <summary>
    /// What the user's conversations hold beyond the inbox, in the order to append it: of each conversation by seq, of all by time.
    /// At most some thousands; called again until it is empty.
    /// </summary>
    public async Task<List<MessageReference>> MissingAsync(string userId, Inbox inbox, CancellationToken cancellationToken)
    {
        var missing = new List<(EntityKey Key, long JoinSeq, long Order)>();
        foreach (var head in await members.HeadsOfUserAsync(userId, cancellationToken))
        {
            var held = inbox.Held(head.ConversationId, head.JoinSeq);
            if (head.LastSeq <= held)
                continue;
            var keys = await CompleteAsync(head.ConversationId, held + 1, Math.Min(head.LastSeq, held + Step), cancellationToken);
            missing.AddRange(InTime(keys, head.JoinSeq));
            if (missing.Count >= 10 * Step)
                break;
        }
        return [.. missing.OrderBy(entry => entry.Order).Select(entry => Reference(entry.Key, entry.JoinSeq))];
    }

    /// <summary>Clocks of instances differ: within a conversation time never runs backwards, so that sorting by it keeps the order of seqs.</summary>
    private static IEnumerable<(EntityKey Key, long JoinSeq, long Order)> InTime(List<EntityKey> keys, long joinSeq)
    {
        var latest = 0L;
        foreach (var key in keys)
            yield return (key, joinSeq, latest = Math.Max(latest, key.SentAt));
    }

    /// <summary>A hole below a stored seq is what a writer left that died between two statements: it is closed here for everybody.</summary>
    private async Task<List<EntityKey>> CompleteAsync(string conversationId, long from, long to, CancellationToken cancellationToken)
    {
        var keys = await messages.KeysAsync(conversationId, from, to, cancellationToken);
        if (keys.Count == to - from + 1)
            return keys;
        var present = keys.Select(key => key.Seq).ToHashSet();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var voids = Range(from, to).Where(seq => !present.Contains(seq)).Select(seq => MessageStore.VoidAt(conversationId, seq, now)).ToList();
        foreach (var chunk in voids.Chunk(MessageStore.MaxRows))
            await messages.InsertAsync(chunk, cancellationToken);
        return await messages.KeysAsync(conversationId, from, to, cancellationToken);
    }

    private static IEnumerable<long> Range(long from, long to)
    {
        for (var seq = from; seq <= to; seq++)
            yield return seq;
    }

    private static MessageReference Reference(EntityKey key, long joinSeq) => new(key.ConversationId, key.Seq, joinSeq, key.IsVoid);
}
