namespace ImDapr.Contracts;

/// <summary>Kinds of conversation, as they stand on the wire.</summary>
public static class ConversationKinds
{
    public const string Direct = "direct";
    public const string Group = "group";
    public const string System = "system";
}

/// <summary>
/// A conversation's id, derived once: <c>d:{a}:{b}</c> (the two user ids in ordinal order), <c>g:{groupId}</c>, <c>s:{userId}</c> (what ImDapr
/// itself tells a user), <c>s:{userId}:{appId}</c> (what another application tells it).
/// A colon occurs in no user or group id, so the parts are never ambiguous.
/// </summary>
public sealed record ConversationId(string Kind, string First, string? Second)
{
    public static string Direct(string userId, string otherUserId) =>
        string.CompareOrdinal(userId, otherUserId) <= 0 ? $"d:{userId}:{otherUserId}" : $"d:{otherUserId}:{userId}";

    public static string Group(string groupId) => $"g:{groupId}";

    public static string System(string userId) => $"s:{userId}";

    public static string System(string userId, string appId) => $"s:{userId}:{appId}";

    /// <summary>Whether a valid id is that of a conversation of two.</summary>
    public static bool IsDirect(string conversationId) => conversationId.StartsWith("d:", StringComparison.Ordinal);

    /// <summary>The parsed id, or null when it is none.</summary>
    public static ConversationId? TryParse(string? value)
    {
        var parts = (value ?? "").Split(':');
        return parts switch
        {
            ["d", var a, var b] when Ids.IsValid(a) && Ids.IsValid(b) && string.CompareOrdinal(a, b) < 0 => new(ConversationKinds.Direct, a, b),
            ["g", var id] when Ids.IsValid(id) => new(ConversationKinds.Group, id, null),
            ["s", var id] when Ids.IsValid(id) => new(ConversationKinds.System, id, null),
            ["s", var id, var app] when Ids.IsValid(id) && Ids.IsValid(app) => new(ConversationKinds.System, id, app),
            _ => null,
        };
    }

    /// <summary>The other user of a direct conversation; null when <paramref name="userId"/> is not in it or it is no direct one.</summary>
    public string? PeerOf(string userId) =>
        Kind != ConversationKinds.Direct ? null : First == userId ? Second : Second == userId ? First : null;
}
