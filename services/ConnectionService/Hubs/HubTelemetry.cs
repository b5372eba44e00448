using System.Diagnostics;
using System.Diagnostics.Metrics;
using ImDapr.ConnectionService.Telemetry;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Observability;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>Every hub call begins a trace; sends, acknowledgements and syncs are counted by how they end, as the caller sees it.</summary>
/// <remarks>The outermost filter: what the others turn an exception into is what is counted.</remarks>
public sealed class HubTelemetry : IHubFilter
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

    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocation, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        using var span = StageSpans.StartRoot($"hub {invocation.HubMethodName}");
        var start = Stopwatch.GetTimestamp();
        var outcome = Failed;
        try
        {
            var result = await next(invocation);
            outcome = result is SendAck { Duplicate: true } ? Duplicate : Ok;
            return result;
        }
        catch (HubException refused)
        {
            outcome = OutcomeOf(refused);
            throw;
        }
        finally
        {
            span?.SetTag("imdapr.outcome", outcome);
            Count(invocation.HubMethodName, outcome, start);
        }
    }

    /// <summary>The code that the error begins with.</summary>
    public static string OutcomeOf(HubException refused) =>
        refused.Message.IndexOf(':', StringComparison.Ordinal) is > 0 and var end && Codes.TryGetValue(refused.Message[..end], out var code) ? code : Failed;

    private static void Count(string method, string outcome, long start)
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
