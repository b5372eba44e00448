using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Limiting;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.ConnectionService.Overload;

/// <summary>Section <c>RateLimits</c>: how often one may call this node. A rate of 0 turns a limit off.</summary>
[Settings("RateLimits")]
public sealed class RateLimitOptions
{
    private const int MostPerSecond = 1_000_000;

    // A person sends a few messages a second, a bot some dozens; a flood is hundreds.
    /// <summary>Sends of one user a second, on all its devices of this node.</summary>
    [Range(0, MostPerSecond)]
    public double SendsPerSecond { get; init; } = 50;

    /// <summary>Sends of one user at once, on all its devices of this node.</summary>
    [Range(1, MostPerSecond)]
    public int SendBurst { get; init; } = 200;

    /// <summary>Hub calls of one connection a second; sends are among them.</summary>
    [Range(0, MostPerSecond)]
    public double CallsPerSecond { get; init; } = 200;

    // A client that was away for long reads some hundred pages in a row.
    /// <summary>Hub calls of one connection at once.</summary>
    [Range(1, MostPerSecond)]
    public int CallBurst { get; init; } = 400;

    /// <summary>REST calls of one user a second.</summary>
    [Range(0, MostPerSecond)]
    public double RestCallsPerSecond { get; init; } = 50;

    /// <summary>REST calls of one user at once.</summary>
    [Range(1, MostPerSecond)]
    public int RestBurst { get; init; } = 200;

    // Registering, signing in and refreshing, by address: a whole office, or a proxy that does not say for whom, is one address.
    /// <summary>REST calls a second of one address without a token.</summary>
    [Range(0, MostPerSecond)]
    public double AnonymousCallsPerSecond { get; init; } = 100;

    /// <summary>REST calls of one address at once without a token.</summary>
    [Range(1, MostPerSecond)]
    public int AnonymousBurst { get; init; } = 1_000;

    /// <summary>Hub calls but sends that are worked on at once on this node. Each may hold a page of 1 MiB.</summary>
    [Range(1, 100_000)]
    public int CallsInFlight { get; init; } = 256;

    /// <summary>Hub calls but sends that wait for their turn; one more is answered with <c>unavailable</c>.</summary>
    [Range(0, 1_000_000)]
    public int CallsWaiting { get; init; } = 10_000;

    public Rate Sends => new(SendsPerSecond, SendBurst);

    public Rate Calls => new(CallsPerSecond, CallBurst);

    public Rate RestCalls => new(RestCallsPerSecond, RestBurst);

    public Rate AnonymousCalls => new(AnonymousCallsPerSecond, AnonymousBurst);
}
