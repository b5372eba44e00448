using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;

namespace ImDapr.MessageService.Inbox;

/// <summary>What an inbox lacks of one conversation: after these references, nothing up to <paramref name="UpTo"/> needs a position any more.</summary>
public sealed record Filling(string ConversationId, long UpTo);

/// <summary>What an inbox lacks, found in the entity store.</summary>
/// <param name="References">In the order to append them: of each conversation by seq, of all by time. Seqs between them need no position.</param>
/// <param name="Fillings">How far each conversation was looked through.</param>
/// <param name="HasMore">There is more: append these and ask again.</param>
public sealed record MissingReferences(IReadOnlyList<MessageReference> References, IReadOnlyList<Filling> Fillings, bool HasMore);

/// <summary>Finds in the entity store what an inbox lacks: nothing here trusts a broker to be complete.</summary>
public sealed class InboxFiller(IMessageStore messages, MemberStore members)
{
    // One query's worth; a longer gap is filled in steps. Most of a long one was read as a timeline and costs a count.
    private const int Step = 1_000;
    private const int MostReferences = 10 * Step;

    /// <summary>The references from–to of a conversation that need a position.</summary>
    public async Task<List<MessageReference>> RangeAsync(
        string conversationId, long from, long to, long joinSeq, CancellationToken cancellationToken)
    {
        var references = new List<MessageReference>();
        for (var start = from; start <= to; start += Step)
        {
            var keys = await messages.InboxKeysAsync(conversationId, start, Math.Min(to, start + Step - 1), cancellationToken);
            references.AddRange(keys.Select(key => Reference(key, joinSeq)));
        }
        return references;
    }

    /// <summary>The user's conversations with their heads, those that it left included.</summary>
    public async Task<IReadOnlyList<ConversationHead>> HeadsAsync(string userId, CancellationToken cancellationToken)
    {
        var rows = await members.OfUserAsync(userId, cancellationToken);
        var heads = await messages.HeadsAsync([.. rows.Select(row => row.Membership.ConversationId)], cancellationToken);
        return [.. rows.Select(row => new ConversationHead(row.Membership, row.Timeline, heads.GetValueOrDefault(row.Membership.ConversationId)))];
    }

    /// <summary>What the conversations hold beyond the inbox: at most some thousands at a time.</summary>
    public async Task<MissingReferences> MissingAsync(IReadOnlyList<ConversationHead> heads, Inbox inbox, CancellationToken cancellationToken)
    {
        var missing = new List<(EntityKey Key, long JoinSeq, long Order)>();
        var fillings = new List<Filling>();
        var hasMore = false;
        foreach (var head in heads)
        {
            var held = inbox.Held(head.Membership.ConversationId, head.Membership.JoinSeq);
            if (head.LastVisible <= held)
                continue;
            if (missing.Count >= MostReferences)
                return Sorted(missing, fillings, hasMore: true);
            var upTo = Math.Min(head.LastVisible, held + Step);
            var keys = await messages.InboxKeysAsync(head.Membership.ConversationId, held + 1, upTo, cancellationToken);
            missing.AddRange(InTime(keys, head.Membership.JoinSeq));
            fillings.Add(new Filling(head.Membership.ConversationId, upTo));
            hasMore |= upTo < head.LastVisible;
        }
        return Sorted(missing, fillings, hasMore);
    }

    private static MissingReferences Sorted(List<(EntityKey Key, long JoinSeq, long Order)> missing, List<Filling> fillings, bool hasMore) =>
        new([.. missing.OrderBy(entry => entry.Order).Select(entry => Reference(entry.Key, entry.JoinSeq))], fillings, hasMore);

    /// <summary>Clocks of instances differ: within a conversation time never runs backwards, so that sorting by it keeps the order of seqs.</summary>
    private static IEnumerable<(EntityKey Key, long JoinSeq, long Order)> InTime(List<EntityKey> keys, long joinSeq)
    {
        var latest = 0L;
        foreach (var key in keys)
            yield return (key, joinSeq, latest = Math.Max(latest, key.SentAt));
    }

    private static MessageReference Reference(EntityKey key, long joinSeq) => new(key.ConversationId, key.Seq, joinSeq, Recalls: key.Recalls);
}

/// <summary>A conversation of a user with its last seq.</summary>
public sealed record ConversationHead(Membership Membership, TimelineState Timeline, long LastSeq)
{
    /// <summary>The last seq that this user may see.</summary>
    public long LastVisible => Math.Min(LastSeq, Membership.End - 1);
}
