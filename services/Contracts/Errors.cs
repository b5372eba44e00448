namespace ImDapr.Contracts;

/// <summary>The stable codes of refusals, on the hub and in problem details alike.</summary>
public static class ErrorCodes
{
    public const string InvalidArgument = "invalid_argument";
    public const string NotAMember = "not_a_member";
    public const string Blocked = "blocked";
    public const string NotFound = "not_found";
    public const string RateLimited = "rate_limited";
    public const string TooLarge = "too_large";
    public const string Unauthorized = "unauthorized";
    public const string Unavailable = "unavailable";

    /// <summary>The name or the state is already taken (REST only).</summary>
    public const string Conflict = "conflict";

    /// <summary>Known who calls, but its role does not allow it (REST only).</summary>
    public const string Forbidden = "forbidden";

    /// <summary>A call of a newer contract than the callee knows (between services only; a client is told <see cref="Unavailable"/>).</summary>
    public const string UnknownVersion = "unknown_version";
}

/// <summary>An expected refusal: a stable <paramref name="Code"/> and a sentence for a person.</summary>
public sealed record Refusal(string Code, string Message)
{
    /// <summary>Whether the same call may succeed later without a change.</summary>
    public bool IsRetryable => Code is ErrorCodes.RateLimited or ErrorCodes.Unavailable;

    /// <summary><c>code: sentence</c>, the text of a hub error.</summary>
    public override string ToString() => $"{Code}: {Message}";
}

/// <summary>The answer to one call: a value, or why it was refused.</summary>
public sealed record Answer<T>(T? Value, Refusal? Refusal) where T : class
{
    public static Answer<T> Of(T value) => new(value, null);

    public static Answer<T> Refused(string code, string message) => new(null, new Refusal(code, message));

    public static Answer<T> Refused(Refusal refusal) => new(null, refusal);
}
