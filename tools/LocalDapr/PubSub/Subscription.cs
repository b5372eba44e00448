using ImDapr.LocalDapr.Expressions;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>Where events go that match; without an expression, all that no rule before it took.</summary>
public sealed record RoutingRule(CelExpression? Match, string Path);

/// <summary>Batches of a bulk subscription: flushed when full, or so long after their first message.</summary>
public sealed record BulkOptions(int MaxMessages, TimeSpan MaxWait)
{
    private const int DefaultMessages = 100;
    private const int DefaultMilliseconds = 1000;

    /// <summary>Anything not above 0 is daprd's default.</summary>
    public static BulkOptions Of(int? messages, int? milliseconds) => new(
        messages is > 0 ? messages.Value : DefaultMessages,
        TimeSpan.FromMilliseconds(milliseconds is > 0 ? milliseconds.Value : DefaultMilliseconds));
}

/// <summary>What an app wants delivered where.</summary>
/// <param name="Rules">Tried in their order.</param>
/// <param name="Bulk">Null: one message a call.</param>
/// <param name="IsDeclared">From a file, not from the app.</param>
public sealed record Subscription(
    string PubSub, string Topic, IReadOnlyList<RoutingRule> Rules, string? DeadLetterTopic = null, IReadOnlyDictionary<string, string>? Metadata = null,
    BulkOptions? Bulk = null, bool IsDeclared = false)
{
    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = Metadata ?? NoMetadata;

    /// <summary>The publisher's bytes come as they are, without an envelope.</summary>
    /// <exception cref="FormatException">It is neither true nor false.</exception>
    public bool IsRaw => Publication.IsRawPayload(Metadata);

    /// <summary>Whether a route depends on what is in an event.</summary>
    public bool HasConditions => Rules.Any(rule => rule.Match is not null);

    /// <summary>The path for an event; null when no rule wants it.</summary>
    /// <param name="cloudEvent">The event as CEL sees it.</param>
    /// <exception cref="InvalidDataException">A rule cannot be evaluated on this event: daprd fails it, whatever rules follow.</exception>
    public string? RouteOf(object? cloudEvent)
    {
        foreach (var rule in Rules)
        {
            if (rule.Match is null)
                return rule.Path;
            if (!rule.Match.TryEvaluate(new Dictionary<string, object?> { ["event"] = cloudEvent }, out var result, out var error))
                throw new InvalidDataException(error);
            if (result is not bool matches)
                throw new InvalidDataException($"the result of match expression {rule.Match} was not a boolean");
            if (matches)
                return rule.Path;
        }
        return null;
    }
}
