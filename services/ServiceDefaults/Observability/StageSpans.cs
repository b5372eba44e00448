using System.Diagnostics;

namespace ImDapr.ServiceDefaults.Observability;

/// <summary>
/// One stage of the way of messages that travel together. Each message that is traced has a span of the stage in its own trace, so a trace
/// shows a message's whole way; what is done for all of them at once is done in the first one's span, which the others link to.
/// </summary>
/// <remarks>
/// A message carries the <c>traceparent</c> of its send from stage to stage, and only if that is sampled: nobody pays for what nobody looks at.
/// </remarks>
public sealed class StageSpans : IDisposable
{
    public const string SourceName = "ImDapr";

    private static readonly ActivitySource Source = new(SourceName);
    private static readonly StageSpans None = new([], null);

    private readonly List<Activity> _spans;
    private readonly Activity? _before;

    private StageSpans(List<Activity> spans, Activity? before) => (_spans, _before) = (spans, before);

    /// <summary>The beginning of a trace: whatever it is called from is no part of it, so a caller outside cannot decide what is sampled.</summary>
    /// <returns>Null when nobody listens. To be disposed of by the caller.</returns>
    public static Activity? StartRoot(string stage, string? call = null)
    {
        if (!Source.HasListeners())
            return null;
        Activity.Current = null;
        return Source.StartActivity(call is null ? stage : $"{stage} {call}", ActivityKind.Server);
    }

    /// <summary>What a message carries of this span: null unless it is sampled.</summary>
    public static string? TraceParentOf(Activity? span) => span is { Recorded: true, IdFormat: ActivityIdFormat.W3C } ? span.Id : null;

    /// <summary>Begins a stage for those of the messages that are traced; until it is disposed of, calls belong to the first one's trace.</summary>
    /// <param name="name">Name of the stage.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="traceParents">What each message carries; null for one that is not traced.</param>
    public static StageSpans Start(string name, ActivityKind kind, IEnumerable<string?> traceParents)
    {
        if (!Source.HasListeners())
            return None;
        var before = Activity.Current;
        List<Activity> spans = [.. traceParents.OfType<string>().Distinct().Select(parent => StartIn(parent, name, kind)).OfType<Activity>()];
        if (spans.Count == 0)
            return None;
        foreach (var other in spans.Skip(1))
        {
            other.AddLink(new ActivityLink(spans[0].Context));
            spans[0].AddLink(new ActivityLink(other.Context));
        }
        // Starting a span makes it the current one: the last would be.
        Activity.Current = spans[0];
        return new StageSpans(spans, before);
    }

    /// <summary>The stage did not succeed, for all of the messages.</summary>
    public void Fail(string reason) => _spans.ForEach(span => span.SetStatus(ActivityStatusCode.Error, reason));

    public void Dispose()
    {
        if (_spans.Count == 0)
            return;
        _spans.ForEach(span => span.Dispose());
        Activity.Current = _before;
    }

    private static Activity? StartIn(string traceParent, string name, ActivityKind kind) =>
        ActivityContext.TryParse(traceParent, traceState: null, isRemote: true, out var parent) ? Source.StartActivity(name, kind, parent) : null;
}
