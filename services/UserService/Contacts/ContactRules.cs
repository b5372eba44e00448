using ImDapr.Contracts;

namespace ImDapr.UserService.Contacts;

/// <summary>What a contact call does, from what the two are to each other. Repeating a call that was done changes nothing.</summary>
public static class ContactRules
{
    /// <summary>Asks, or agrees when the other has asked: two users who ask at once are contacts.</summary>
    public static RelationChanged? Ask(ContactPairState pair, string userId, string otherId, string? note) => pair.SeenBy(userId) switch
    {
        null => pair.Next(RelationActions.Requested, userId, otherId, note),
        ContactStates.Incoming => pair.Next(RelationActions.Accepted, userId, otherId),
        _ => null,
    };

    /// <summary>Ends whatever there is: a contact, one's own request, the other's.</summary>
    public static RelationChanged? End(ContactPairState pair, string userId, string otherId) => pair.SeenBy(userId) switch
    {
        ContactStates.Accepted => pair.Next(RelationActions.Removed, userId, otherId),
        ContactStates.Outgoing => pair.Next(RelationActions.Cancelled, userId, otherId),
        ContactStates.Incoming => pair.Next(RelationActions.Refused, userId, otherId),
        _ => null,
    };

    /// <summary>Whether there is room for a request or an acceptance.</summary>
    public static Refusal? CheckRoom(string action, ContactCounts own, ContactCounts other, ContactOptions options)
    {
        if (own.Accepted >= options.MaxContacts)
            return new Refusal(ErrorCodes.Conflict, $"You have {options.MaxContacts} contacts, which is the most.");
        if (action == RelationActions.Accepted && other.Accepted >= options.MaxContacts)
            return new Refusal(ErrorCodes.Conflict, $"The other user has {options.MaxContacts} contacts, which is the most.");
        return action == RelationActions.Requested && own.Outgoing >= options.MaxPendingRequests
            ? new Refusal(ErrorCodes.Conflict, $"{options.MaxPendingRequests} of your requests are unanswered, which is the most.")
            : null;
    }
}

/// <param name="Accepted">Contacts of a user.</param>
/// <param name="Outgoing">Requests of a user that nobody has answered.</param>
public sealed record ContactCounts(int Accepted, int Outgoing);
