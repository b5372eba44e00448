using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Sending;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Timeline;

/// <summary>Reads a conversation for one of its members, from the seq at which it joined (I7).</summary>
public sealed class TimelineReader(MemberDirectory members, IMessageStore store, TimeProvider time, IOptions<MessageLimits> limits)
{
    private const int DefaultLimit = 50;

    public async Task<Answer<HistoryPage>> ReadAsync(UserCall<HistoryRequest> call, CancellationToken cancellationToken)
    {
        var request = call.Request;
        if (Check(request) is { } refusal)
            return Answer<HistoryPage>.Refused(refusal);
        var membership = await members.FindAsync(request.ConversationId!, call.UserId, cancellationToken);
        if (membership is null)
            return Answer<HistoryPage>.Refused(ErrorCodes.NotAMember, "You are not a member of this conversation.");
        return Answer<HistoryPage>.Of(await ReadAsync(request, membership, cancellationToken));
    }

    /// <summary>A page of the conversation, for who has this membership.</summary>
    public async Task<HistoryPage> ReadAsync(HistoryRequest request, Membership membership, CancellationToken cancellationToken)
    {
        var limit = Math.Min(request.Limit == 0 ? DefaultLimit : request.Limit, limits.Value.PageSize);
        var oldest = membership.OldestVisible;
        var backwards = request.After is null;
        var from = backwards ? oldest : Math.Max(oldest, request.After!.Value + 1);
        var to = request.Before ?? long.MaxValue;
        var (messages, hasMore) = await store.PageAsync(membership.ConversationId, from, to, limit, backwards, cancellationToken);
        // Whoever reads on from here never looks back: what is missing in between must be missing for good.
        if (!backwards && messages.Count > 0 && messages[^1].Seq - from >= messages.Count)
        {
            await store.InboxKeysAsync(membership.ConversationId, from, messages[^1].Seq, cancellationToken);
            (messages, hasMore) = await store.PageAsync(membership.ConversationId, from, to, limit, backwards, cancellationToken);
        }
        if (backwards)
            messages.Reverse();
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return new HistoryPage([.. messages.Select(message => message.ShownAt(now))], hasMore);
    }

    private static Refusal? Check(HistoryRequest request)
    {
        if (ConversationId.TryParse(request.ConversationId) is null)
            return new Refusal(ErrorCodes.InvalidArgument, "conversationId is not a conversation id.");
        if (request is { Before: not null, After: not null })
            return new Refusal(ErrorCodes.InvalidArgument, "Only one of before and after can be given.");
        return request.Before is < 1 || request.After is < 0 || request.Limit < 0
            ? new Refusal(ErrorCodes.InvalidArgument, "before is 1 or more; after and limit are 0 or more.")
            : null;
    }
}
