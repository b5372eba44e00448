using Microsoft.Extensions.Primitives;

namespace ImDapr.LocalDapr.Actors;

/// <summary>One call to an actor, as it reaches the app.</summary>
/// <param name="Method">Path below <c>method/</c>, decoded.</param>
/// <param name="Body">Kept until the call has ended: it may be sent again to another host.</param>
public sealed record ActorCall(string Type, string Id, string Method, ReadOnlyMemory<byte> Body)
{
    public string? ContentType { get; init; }

    /// <summary>Query of the caller, with its question mark; empty without one.</summary>
    public string Query { get; init; } = "";

    /// <summary>Headers of the caller; those of the hop are left out when they are sent on.</summary>
    public IEnumerable<KeyValuePair<string, StringValues>>? Headers { get; init; }

    /// <summary>App whose sidecar was called.</summary>
    public required string CallerAppId { get; init; }

    /// <summary>The chain of calls that this one belongs to, for reentrant actors.</summary>
    public string? ChainId { get; init; }
}
