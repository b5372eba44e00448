using Dapr;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Sending;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Notifications;

/// <summary>
/// Delivers what other applications ask for: to users, each in its system conversation of that application, or into a conversation. A
/// notification is a message like every other, so it is ordered, synced and kept; a repeat finds it stored.
/// </summary>
public sealed partial class NotificationHandler(
    UserDirectory users, MemberDirectory members, ServerMessages writer, TimeProvider time, IOptions<MessageLimits> limits,
    ILogger<NotificationHandler> logger)
{
    /// <param name="json">The event's data.</param>
    /// <param name="source">App id of the publisher.</param>
    /// <param name="type">The event's type, which tells its version (<see cref="EventType"/>).</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Whether it was taken; false: it is bad for good, or nothing that this build understands, and why is in the log.</returns>
    /// <exception cref="DaprException">Something is away: it is to be delivered again.</exception>
    public async Task<bool> TakeAsync(ReadOnlyMemory<byte> json, string source, string type, CancellationToken cancellationToken)
    {
        // No exception: an application could occupy a worker for all the tries of a delivery by a number.
        if (ContractVersions.Notifications.Refuse(Topics.Notifications, EventType.VersionIn(type, Topics.Notifications)) is { } newer)
        {
            LogRefused("", source, newer.Message);
            return false;
        }
        if (NotificationReader.TryRead(json.Span, out var reason) is not { } notification)
        {
            LogRefused("", source, reason ?? "it is null");
            return false;
        }
        var refusal = NotificationRules.Check(notification, source, limits.Value) ?? await CheckSenderAsync(notification, cancellationToken);
        if (refusal is null && notification.ExpiresAt <= time.GetUtcNow().ToUnixTimeMilliseconds())
        {
            LogExpired(notification.Id!, source);
            return true;
        }
        refusal ??= notification.To!.UserIds is { } userIds
            ? await ToUsersAsync(notification, source, userIds, cancellationToken)
            : await ToConversationAsync(notification, source, notification.To.ConversationId!, cancellationToken);
        if (refusal is not null)
            LogRefused(notification.Id ?? "", source, refusal.Message);
        return refusal is null;
    }

    private async Task<Refusal?> CheckSenderAsync(Notification notification, CancellationToken cancellationToken) =>
        notification.From is not { } from || (await users.ExistingAsync([from], cancellationToken)).Contains(from)
            ? null
            : new Refusal(ErrorCodes.NotFound, $"from: there is no user {from}.");

    private async Task<Refusal?> ToUsersAsync(Notification notification, string source, string[] userIds, CancellationToken cancellationToken)
    {
        var asked = userIds.Distinct().ToList();
        var existing = await users.ExistingAsync([.. asked.Where(Ids.IsValid)], cancellationToken);
        if (existing.Count < asked.Count)
            LogUnknown(notification.Id!, source, asked.Count - existing.Count);
        var conversations = existing.Select(userId => (userId, ConversationId.System(userId, source))).ToList();
        await members.EnsureSystemAsync(conversations, cancellationToken);
        await WriteAsync(notification, source, conversations.Select(conversation => conversation.Item2), cancellationToken);
        return null;
    }

    private async Task<Refusal?> ToConversationAsync(Notification notification, string source, string conversationId, CancellationToken cancellationToken)
    {
        if (!await ExistsAsync(conversationId, cancellationToken))
            return new Refusal(ErrorCodes.NotFound, $"there is no conversation {conversationId}.");
        await WriteAsync(notification, source, [conversationId], cancellationToken);
        return null;
    }

    private async Task<bool> ExistsAsync(string conversationId, CancellationToken cancellationToken)
    {
        if (ConversationId.TryParse(conversationId) is not { Kind: ConversationKinds.Group, First: var groupId })
            return (await members.MembersAsync(conversationId, cancellationToken)).ByUser.Count > 0;
        if (!(await users.NamesAsync([], [groupId], cancellationToken)).Groups.ContainsKey(groupId))
            return false;
        await members.EnsureGroupAsync(groupId, cancellationToken);
        return true;
    }

    private async Task WriteAsync(Notification notification, string source, IEnumerable<string> conversationIds, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(conversationIds.Select(conversationId =>
            writer.WriteAsync(MessageIn(conversationId, notification, source), cancellationToken)));
        // Who has got it does not get it again: the event may come as often as it takes.
        if (answers.FirstOrDefault(answer => answer.Refusal is not null)?.Refusal is { } refusal)
            throw new DaprException(refusal.ToString());
    }

    private static Message MessageIn(string conversationId, Notification notification, string source) =>
        ServerMessages.Of(
            conversationId, notification.From ?? NotificationRules.SenderOf(source),
            NotificationRules.ClientMessageIdOf(source, notification.Id!, conversationId), notification.Type!, notification.Body!.Value)
        with
        { ExpiresAt = notification.ExpiresAt };

    [LoggerMessage(3401, LogLevel.Warning, "Notification {Id} of {Source} is refused: {Reason}")]
    private partial void LogRefused(string id, string source, string reason);

    [LoggerMessage(3402, LogLevel.Information, "Notification {Id} of {Source} had expired before it could be delivered")]
    private partial void LogExpired(string id, string source);

    [LoggerMessage(3403, LogLevel.Warning, "Notification {Id} of {Source} names {Count} users that do not exist; the others get it")]
    private partial void LogUnknown(string id, string source, int count);
}
