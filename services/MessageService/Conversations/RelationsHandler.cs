using System.Text.Json;
using Dapr;
using ImDapr.Contracts;
using ImDapr.MessageService.Sending;

namespace ImDapr.MessageService.Conversations;

/// <summary>Takes over what user-service changed: once for all instances what is stored, and in every instance what is remembered.</summary>
public sealed class RelationsHandler(
    GroupReconciler reconciler, MemberDirectory members, MemberStore memberStore, DirectoryCache cache, ContactNotices contacts,
    ServerMessages writer)
{
    // A thousand ids of 64 letters are more than a body may hold, and nobody reads them.
    private const int MostNamed = 100;

    /// <summary>Members first, when somebody came; the message first, when somebody went: both see what concerns them.</summary>
    public async Task TakeOverAsync(RelationChanged change, CancellationToken cancellationToken)
    {
        if (change.Kind == RelationKinds.Contact)
            await contacts.TellAsync(change, cancellationToken);
        else if (change.Kind == RelationKinds.Group)
            await TakeOverGroupAsync(change, cancellationToken);
    }

    private async Task TakeOverGroupAsync(RelationChanged change, CancellationToken cancellationToken)
    {
        var isDeparture = change.Action is RelationActions.Removed or RelationActions.Left or RelationActions.Dissolved;
        if (isDeparture)
            await TellAsync(change, cancellationToken);
        await reconciler.ReconcileAsync(change.Subject, cancellationToken);
        Forget(change);
        if (!isDeparture)
            await TellAsync(change, cancellationToken);
    }

    /// <summary>
    /// Forgets what this instance remembers. Members are taken over first, else it would remember the old ones again; who else does the same
    /// finds nothing left to do.
    /// </summary>
    public async Task ForgetAsync(RelationChanged change, CancellationToken cancellationToken)
    {
        switch (change.Kind)
        {
            case RelationKinds.Group:
                cache.Groups.Remove(change.Subject);
                var conversationId = ConversationId.Group(change.Subject);
                if (await memberStore.VersionAsync(conversationId, cancellationToken) < change.Version)
                    await TakeOverAsync(change, cancellationToken);
                Forget(change);
                break;
            case RelationKinds.Block:
                cache.Unblocked.Remove(change.Subject);
                cache.Peaceful.Remove(change.Subject[..change.Subject.IndexOf(':', StringComparison.Ordinal)]);
                break;
            case RelationKinds.Contact:
                cache.Contacts.Remove(change.Subject);
                break;
            case RelationKinds.Conversation:
                members.Forget(change.Subject);
                members.Forget(change.Subject, change.UserIds);
                break;
            case RelationKinds.Profile:
                cache.Users.Remove(change.Subject);
                break;
        }
    }

    private void Forget(RelationChanged change)
    {
        members.Forget(ConversationId.Group(change.Subject));
        members.Forget(ConversationId.Group(change.Subject), change.UserIds);
    }

    /// <summary>The conversation's own record of what happened: a message, so it is ordered, synced and kept like every other.</summary>
    private async Task TellAsync(RelationChanged change, CancellationToken cancellationToken)
    {
        var userIds = change.UserIds.Length > MostNamed ? change.UserIds[..MostNamed] : change.UserIds;
        var body = JsonSerializer.SerializeToElement(
            new { action = change.Action, userIds, count = change.UserIds.Length, detail = change.Detail }, ContractsJson.Wire);
        var message = ServerMessages.Of(
            ConversationId.Group(change.Subject), change.ActorId, $"membership {change.Subject} {change.Version}", MessageTypes.Membership, body);
        var answer = await writer.WriteAsync(message, cancellationToken);
        if (answer.Refusal is { } refusal)
            throw new DaprException(refusal.ToString());
    }
}

public static class RelationsApi
{
    public static void MapRelations(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/events/relations", (EventEnvelope<RelationChanged> change, RelationsHandler handler, CancellationToken cancellationToken) =>
            handler.TakeOverAsync(change.Data, cancellationToken)).WithTopic(new TopicOptions { PubsubName = DaprNames.PubSub, Name = Topics.Relations, DeadLetterTopic = Topics.Dead(Topics.Relations) });
        routes.MapPost("/events/relations/broadcast", (EventEnvelope<RelationChanged> change, RelationsHandler handler, CancellationToken cancellationToken) =>
            handler.ForgetAsync(change.Data, cancellationToken)).WithTopic(DaprNames.Broadcast, Topics.Relations);
    }
}
