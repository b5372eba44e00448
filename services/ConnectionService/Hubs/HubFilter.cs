using System.Diagnostics;
using ImDapr.ConnectionService.Overload;
using ImDapr.ConnectionService.Sessions;
using ImDapr.ServiceDefaults.Observability;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>What every hub call goes through: it begins a trace, takes its turn, gets an error with a code if it fails, and is counted by how it ended.</summary>
/// <remarks>One filter for all of it: each would cost a call two objects and a step more (docs/performance.md).</remarks>
public sealed class HubFilter(HubErrors errors, HubLimits limits, NodeIdentity node) : IHubFilter
{
    public async ValueTask<object?> InvokeMethodAsync(HubInvocationContext invocation, Func<HubInvocationContext, ValueTask<object?>> next)
    {
        using var span = StageSpans.StartRoot("hub", invocation.HubMethodName);
        var start = Stopwatch.GetTimestamp();
        var outcome = HubTelemetry.Failed;
        try
        {
            using var turn = await limits.EnterAsync(invocation);
            var result = await next(invocation);
            outcome = HubTelemetry.OutcomeOfResult(result);
            return result;
        }
        catch (HubException refused)
        {
            outcome = HubTelemetry.OutcomeOf(refused);
            throw;
        }
        catch (Exception exception)
        {
            var refused = errors.Refuse(exception, invocation);
            outcome = HubTelemetry.OutcomeOf(refused);
            throw refused;
        }
        finally
        {
            span?.SetTag("imdapr.outcome", outcome);
            HubTelemetry.Count(invocation.HubMethodName, outcome, start);
        }
    }

    public Task OnConnectedAsync(HubLifetimeContext context, Func<HubLifetimeContext, Task> next)
    {
        context.Context.Open(node);
        return limits.ConnectAsync(context, next);
    }
}
