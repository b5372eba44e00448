using ImDapr.Contracts;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Sending;
using ImDapr.MessageService.Timeline;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Conversations;

/// <summary>A user's conversations, most recently active first. Unread is computed from marks, never counted, so it cannot drift.</summary>
public sealed class ConversationList(
    MemberStore members, IMessageStore messages, UserDirectory users, TimeProvider time, IOptions<MessageLimits> limits)
{
    private const int DefaultLimit = 50;
    private const string OwnSystemTitle = "ImDapr";

    public async Task<Answer<ConversationSummary[]>> ReadAsync(UserCall<ConversationsRequest> call, CancellationToken cancellationToken)
    {
        var (after, limit) = (call.Request.After, call.Request.Limit);
        if (limit < 0 || (after is not null && ConversationId.TryParse(after) is null))
            return Answer<ConversationSummary[]>.Refused(ErrorCodes.InvalidArgument, "after is a conversation id; limit is 0 or more.");
        var rows = await RowsAsync(call.UserId, cancellationToken);
        var page = (after is null ? rows : rows.SkipWhile(row => row.ConversationId != after).Skip(1))
            .Take(Math.Min(limit == 0 ? DefaultLimit : limit, limits.Value.PageSize))
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
        var last = await messages.ReadInPiecesAsync([.. page.Where(row => row.LastSeq > 0).Select(row => (row.ConversationId, row.LastSeq))], cancellationToken);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return [.. page.Select(row =>
        {
            var id = ids[row.ConversationId];
            var lastMessage = last.GetValueOrDefault((row.ConversationId, row.LastSeq));
            return new ConversationSummary(
                row.ConversationId, id.Kind, TitleOf(id, userId, names.Users, names.Groups), id.PeerOf(userId), row.LastSeq, row.Membership.ReadSeq, row.Unread,
                row.Membership.IsVisible(lastMessage, now) ? lastMessage : null, row.Membership.ClearedSeq, row.Membership.IsMuted, row.Membership.PinnedAt > 0);
        })];
    }

    private static string TitleOf(ConversationId id, string userId, Dictionary<string, string> users, Dictionary<string, string> groups) => id.Kind switch
    {
        ConversationKinds.Group => groups.GetValueOrDefault(id.First, id.First),
        // Which application it is; clients have names and pictures of their own for those that they know.
        ConversationKinds.System => id.Second ?? OwnSystemTitle,
        _ => id.PeerOf(userId) is { } peerId ? users.GetValueOrDefault(peerId, peerId) : "",
    };

    private sealed record Row(Membership Membership, ConversationActivity Activity)
    {
        public string ConversationId => Membership.ConversationId;

        public long LastSeq => Activity.LastSeq;

        public long Unread =>
            Conversations.Unread.Count(LastSeq, Membership.JoinSeq, Membership.ClearedSeq, Membership.ReadSeq, IsSystem ? 0 : Activity.SentSeq);

        // What stands there in one's own name was not written by somebody who had read what comes before.
        private bool IsSystem => ConversationId.StartsWith("s:", StringComparison.Ordinal);
    }
}

/// <summary>The one formula of unread (design section 2).</summary>
public static class Unread
{
    public static long Count(long last, long join, long cleared, long read, long sent) =>
        Math.Max(0, last - Math.Max(Math.Max(join - 1, cleared), Math.Max(read, sent)));
}
