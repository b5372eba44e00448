using ImDapr.Contracts;

namespace ImDapr.UserService.Contacts;

/// <summary>What two users are to each other, whichever of them asks.</summary>
/// <param name="Subject"><c>{a}:{b}</c> in ordinal order.</param>
/// <param name="State">One of the constants below.</param>
/// <param name="RequesterId">Who asked, while it is <see cref="Requested"/>.</param>
public sealed record ContactPairState(string Subject, string State, string RequesterId, string Note, long Since, long Version)
{
    public const string None = "none";
    public const string Requested = "requested";
    public const string Accepted = "accepted";

    /// <summary>Of two users who never had to do with each other.</summary>
    public static ContactPairState Strangers(string userId, string otherId) => new(SubjectOf(userId, otherId), None, "", "", 0, 0);

    public static string SubjectOf(string userId, string otherId) =>
        string.CompareOrdinal(userId, otherId) <= 0 ? $"{userId}:{otherId}" : $"{otherId}:{userId}";

    /// <summary>One of <see cref="ContactStates"/>, or null when they are nothing to each other.</summary>
    public string? SeenBy(string userId) => State switch
    {
        Accepted => ContactStates.Accepted,
        Requested => RequesterId == userId ? ContactStates.Outgoing : ContactStates.Incoming,
        _ => null,
    };

    /// <summary>The other user as the one who asks sees it; only while they are something to each other.</summary>
    public Contact ToContact(string userId, UserProfile other) =>
        new(other.UserId, other.DisplayName, SeenBy(userId) ?? throw new InvalidOperationException("Strangers are no contacts"), Since, Note.Length == 0 ? null : Note);

    /// <summary>This change as the pair's next version.</summary>
    public RelationChanged Next(string action, string actorId, string otherId, string? detail = null) =>
        new(RelationKinds.Contact, Subject, Version + 1, action, actorId, [otherId], detail);
}
