using ImDapr.Contracts;
using ImDapr.MessageService.Entities;

namespace ImDapr.MessageService.Conversations;

/// <summary>A user's conversations, most recently active first. Unread is computed from marks, never counted, so it cannot drift.</summary>
public sealed class ConversationList(MemberStore members, IMessageStore messages, UserDirectory users)
{
    private const int DefaultLimit = 50;

    public async Task<Answer<ConversationSummary[]>> ReadAsync(UserCall<ConversationsRequest> call, CancellationToken cancellationToken)
    {
        var (after, limit) = (call.Request.After, call.Request.Limit);
        if (limit < 0 || (after is not null && ConversationId.TryParse(after) is null))
            return Answer<ConversationSummary[]>.Refused(ErrorCodes.InvalidArgument, "after is a conversation id; limit is 0 or more.");
        var rows = await RowsAsync(call.UserId, cancellationToken);
        var page = (after is null ? rows : rows.SkipWhile(row => row.ConversationId != after).Skip(1))
            .Take(Math.Min(limit == 0 ? DefaultLimit : limit, Limits.PageSize))
            .ToList();
        return Answer<ConversationSummary[]>.Of(await SummariesAsync(call.UserId, page, cancellationToken));
    }

    /// <summary>Pinned ones first, then by their last message.</summary>
    private async Task<List<Row>> RowsAsync(string userId, CancellationToken cancellationToken)
    {
        var memberships = (await members.OfUserAsync(userId, cancellationToken)).Select(row => row.Membership).Where(row => row.IsActive).ToList();
        var activity = await messages.ActivityAsync(memberships, cancellationToken);
        return [.. memberships
            .Select(membership => new Row(membership, activity.GetValueOrDefault(membership.ConversationId) ?? new ConversationActivity(0, 0, 0)))
            .OrderByDescending(row => row.Membership.PinnedAt)
            .ThenByDescending(row => row.Activity.LastAt)
            .ThenBy(row => row.ConversationId, StringComparer.Ordinal)];
    }

    private async Task<ConversationSummary[]> SummariesAsync(string userId, List<Row> page, CancellationToken cancellationToken)
    {
        var ids = page.ToDictionary(row => row.ConversationId, row => ConversationId.TryParse(row.ConversationId)!);
        var peers = ids.Values.Select(id => id.PeerOf(userId)).OfType<string>().ToList();
        var groups = ids.Values.Where(id => id.Kind == ConversationKinds.Group).Select(id => id.First).ToList();
        var names = await users.NamesAsync(peers, groups, cancellationToken);
        var last = await messages.ReadAsync([.. page.Where(row => row.LastSeq > 0).Select(row => (row.ConversationId, row.LastSeq))], cancellationToken);
        return [.. page.Select(row =>
        {
            var id = ids[row.ConversationId];
            var peer = id.PeerOf(userId);
            var title = peer is null ? names.Groups.GetValueOrDefault(id.First, id.First) : names.Users.GetValueOrDefault(peer, peer);
            var lastMessage = row.LastSeq <= row.Membership.ClearedSeq ? null : last.GetValueOrDefault((row.ConversationId, row.LastSeq));
            return new ConversationSummary(
                row.ConversationId, id.Kind, title, peer, row.LastSeq, row.Membership.ReadSeq, row.Unread,
                lastMessage?.Type == MessageTypes.Void ? null : lastMessage, row.Membership.ClearedSeq, row.Membership.IsMuted, row.Membership.PinnedAt > 0);
        })];
    }

    private sealed record Row(Membership Membership, ConversationActivity Activity)
    {
        public string ConversationId => Membership.ConversationId;

        public long LastSeq => Activity.LastSeq;

        public long Unread =>
            Conversations.Unread.Count(LastSeq, Membership.JoinSeq, Membership.ClearedSeq, Membership.ReadSeq, Activity.SentSeq);
    }
}

/// <summary>The one formula of unread (design section 2).</summary>
public static class Unread
{
    public static long Count(long last, long join, long cleared, long read, long sent) =>
        Math.Max(0, last - Math.Max(Math.Max(join - 1, cleared), Math.Max(read, sent)));
}
