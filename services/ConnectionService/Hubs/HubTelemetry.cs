using System.Diagnostics.Metrics;
using ImDapr.ConnectionService.Telemetry;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Observability;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>Sends, acknowledgements and syncs are counted by how they end, as the caller sees it.</summary>
public static class HubTelemetry
{
    public const string Ok = "ok";
    public const string Duplicate = "duplicate";

    /// <summary>An error without a code of ours.</summary>
    public const string Failed = "failed";

    private static readonly HashSet<string> Codes =
    [
        ErrorCodes.InvalidArgument, ErrorCodes.NotAMember, ErrorCodes.Blocked, ErrorCodes.NotFound, ErrorCodes.RateLimited, ErrorCodes.TooLarge,
        ErrorCodes.Unauthorized, ErrorCodes.Unavailable, ErrorCodes.Conflict, ErrorCodes.Forbidden,
    ];

    /// <summary>Of a call that has succeeded.</summary>
    public static string OutcomeOfResult(object? result) => result is SendAck { Duplicate: true } ? Duplicate : Ok;

    /// <summary>The code that the error begins with.</summary>
    public static string OutcomeOf(HubException refused) =>
        refused.Message.IndexOf(':', StringComparison.Ordinal) is > 0 and var end && Codes.TryGetValue(refused.Message[..end], out var code) ? code : Failed;

    /// <param name="method">Name of the hub method.</param>
    /// <param name="outcome">How it ended.</param>
    /// <param name="start">Timestamp of its beginning.</param>
    public static void Count(string method, string outcome, long start)
    {
        switch (method)
        {
            case nameof(ImHub.Send):
                Count(ConnectionMetrics.Sends, ConnectionMetrics.SendDuration, outcome, start);
                break;
            case nameof(ImHub.Sync):
                Count(ConnectionMetrics.Syncs, ConnectionMetrics.SyncDuration, outcome, start);
                break;
            case nameof(ImHub.Ack):
                Count(ConnectionMetrics.Acks, null, outcome, start);
                break;
            default:
                break; // the others are seen in traces and in their services' own metrics
        }
    }

    private static void Count(Counter<long> counter, Histogram<double>? duration, string outcome, long start)
    {
        counter.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
        // A refusal is quick, and would make a slow system look fast.
        if (outcome is Ok or Duplicate)
            duration?.RecordSince(start);
    }
}
