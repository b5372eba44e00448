using System.Text.Json;
using Dapr;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Conversations;

/// <summary>
/// Tells two users by messages in their system conversations what happened between them. A refusal and a parting are told to the devices of the
/// one who did it and to nobody else: the other finds no contact any more when it looks, which is enough.
/// </summary>
public sealed class ContactNotices(SystemNotices notices)
{
    /// <exception cref="DaprException">Not everybody was told: the event is to be delivered again, and who was told is not told twice.</exception>
    public async Task TellAsync(RelationChanged change, CancellationToken cancellationToken)
    {
        var otherId = change.UserIds[0];
        await TellAsync(change, change.ActorId, otherId, cancellationToken);
        if (change.Action is not (RelationActions.Refused or RelationActions.Removed))
            await TellAsync(change, otherId, change.ActorId, cancellationToken);
    }

    /// <param name="change">What happened.</param>
    /// <param name="userId">Who is told.</param>
    /// <param name="aboutId">The other of the two.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    private async Task TellAsync(RelationChanged change, string userId, string aboutId, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToElement(
            new { kind = "contact", action = change.Action, userId = aboutId, actorId = change.ActorId, note = change.Detail }, ContractsJson.Wire);
        // Both messages have the same sender, so what is unique per sender needs to say whose it is.
        var whose = userId == change.ActorId ? "own" : "other";
        if (await notices.TellAsync(userId, change.ActorId, $"contact {change.Subject} {change.Version} {whose}", body, cancellationToken) is { } refusal)
            throw new DaprException(refusal.ToString());
    }
}
