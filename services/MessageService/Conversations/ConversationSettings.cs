using System.Text.Json;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.MessageService.Entities;
using ImDapr.ServiceDefaults.Versions;

namespace ImDapr.MessageService.Conversations;

/// <summary>
/// How a conversation stands for one user: muted, pinned, cleared. The user's devices learn of it by a message in the user's own system
/// conversation, which they sync like any other: no side channel.
/// </summary>
public sealed class ConversationSettings(
    MemberDirectory members, MemberStore store, IMessageStore messages, SystemNotices notices, DaprClient dapr, TimeProvider time)
{
    // Each round more means that another device changed the same settings in between.
    private const int MaxRounds = 5;

    public async Task<Answer<Done>> UpdateAsync(UserCall<ConversationUpdate> call, CancellationToken cancellationToken)
    {
        var update = call.Request;
        if (Check(update) is { } refusal)
            return Answer<Done>.Refused(refusal);
        var conversationId = update.ConversationId!;
        if (await members.FindAsync(conversationId, call.UserId, cancellationToken) is null)
            return Answer<Done>.Refused(ErrorCodes.NotAMember, "You are not a member of this conversation.");
        await store.WriteSettingsAsync(
            call.UserId, conversationId, update.Muted, PinnedAt(update.Pinned), await ClearedAsync(update, cancellationToken), cancellationToken);
        members.Forget(conversationId);
        members.Forget(conversationId, [call.UserId]);
        await dapr.PublishAsync(
            DaprNames.Broadcast,
            new RelationChanged(RelationKinds.Conversation, conversationId, 0, RelationActions.Updated, call.UserId, [call.UserId]), cancellationToken);
        return await TellAsync(call.UserId, conversationId, cancellationToken);
    }

    private static Refusal? Check(ConversationUpdate update)
    {
        if (ConversationId.TryParse(update.ConversationId) is null)
            return new Refusal(ErrorCodes.InvalidArgument, "conversationId is not a conversation id.");
        if (update is { Muted: null, Pinned: null, ClearedSeq: null })
            return new Refusal(ErrorCodes.InvalidArgument, "At least one of muted, pinned and clearedSeq is needed.");
        return update.ClearedSeq < 0 ? new Refusal(ErrorCodes.InvalidArgument, "clearedSeq is 0 or more.") : null;
    }

    private long? PinnedAt(bool? pinned) => pinned is null ? null : pinned.Value ? time.GetUtcNow().ToUnixTimeMilliseconds() : 0;

    private async Task<long?> ClearedAsync(ConversationUpdate update, CancellationToken cancellationToken)
    {
        if (update.ClearedSeq is not { } seq)
            return null;
        var heads = await messages.HeadsAsync([update.ConversationId!], cancellationToken);
        return Math.Min(seq, heads.GetValueOrDefault(update.ConversationId!)); // what nobody has sent yet cannot be cleared
    }

    /// <summary>Tells what stands now, and again if it stands differently after that: the last word is always the true one.</summary>
    private async Task<Answer<Done>> TellAsync(string userId, string conversationId, CancellationToken cancellationToken)
    {
        var now = await ReadAsync(userId, conversationId, cancellationToken);
        for (var round = 0; round < MaxRounds; round++)
        {
            var told = now;
            if (await TellAsync(told, cancellationToken) is { } refusal)
                return Answer<Done>.Refused(refusal);
            now = await ReadAsync(userId, conversationId, cancellationToken);
            if ((now.IsMuted, now.PinnedAt, now.ClearedSeq) == (told.IsMuted, told.PinnedAt, told.ClearedSeq))
                break;
        }
        return Answer<Done>.Of(Done.Value);
    }

    private async Task<Membership> ReadAsync(string userId, string conversationId, CancellationToken cancellationToken) =>
        (await store.FindAsync(conversationId, [userId], cancellationToken)).Single();

    private Task<Refusal?> TellAsync(Membership settings, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToElement(
            new { kind = "settings", conversationId = settings.ConversationId, muted = settings.IsMuted, pinned = settings.PinnedAt > 0, clearedSeq = settings.ClearedSeq },
            ContractsJson.Wire);
        return notices.TellAsync(settings.UserId, settings.UserId, $"settings {Guid.NewGuid():N}", body, cancellationToken);
    }
}
