using Microsoft.AspNetCore.SignalR;

namespace ImDapr.LoadTests.Bare;

/// <summary>
/// The least that a SignalR hub on a Redis backplane is: what a connection costs without ImDapr. It answers Sync with an empty page, so that the same
/// client can connect to it; there is no token, no presence and no inbox.
/// </summary>
internal sealed class BareHub : Hub
{
    private static readonly BarePage Empty = new([], 0, 0, "bare", false, []);

    /// <summary>The name is the protocol's.</summary>
    /// <param name="request">Not looked at.</param>
    public BarePage Sync(BareRequest request) => Empty;
}

/// <summary>What a client asks for.</summary>
internal sealed record BareRequest(long After, int Limit, string? Epoch);

/// <summary>The empty page, in the form of docs/protocol.md.</summary>
internal sealed record BarePage(string[] Entries, long Next, long Head, string Epoch, bool Reset, string[] Timelines);

/// <summary>Pushes address users here, too: the backplane has a channel for each.</summary>
internal sealed class QueryUserIdProvider : IUserIdProvider
{
    public string? GetUserId(HubConnectionContext connection) => connection.GetHttpContext()?.Request.Query["access_token"];
}
