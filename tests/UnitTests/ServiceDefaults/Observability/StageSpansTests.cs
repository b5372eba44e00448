using System.Diagnostics;
using ImDapr.ServiceDefaults.Observability;

namespace ImDapr.UnitTests.ServiceDefaults.Observability;

public sealed class StageSpansTests : IDisposable
{
    private const string NotSampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    private const string OneTrace = "11111111111111111111111111111111";
    private const string OtherTrace = "22222222222222222222222222222222";
    private const string One = $"00-{OneTrace}-1111111111111111-01";
    private const string Other = $"00-{OtherTrace}-2222222222222222-01";

    private readonly List<Activity> _ended = [];
    private readonly ActivityListener _listener;

    public StageSpansTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == StageSpans.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> options) => options.Parent.TraceId == default || options.Parent.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)
                ? ActivitySamplingResult.AllDataAndRecorded
                : ActivitySamplingResult.None,
            ActivityStopped = activity =>
            {
                lock (_ended)
                    _ended.Add(activity);
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    [Fact]
    public void Each_traced_message_has_its_span_in_its_own_trace_and_they_link_to_the_first()
    {
        var name = Guid.NewGuid().ToString();

        using (StageSpans.Start(name, ActivityKind.Internal, [null, One, Other, One]))
            Assert.Equal(OneTrace, Activity.Current!.TraceId.ToString());

        var spans = Ended(name);
        Assert.Equal([OneTrace, OtherTrace], spans.Select(span => span.TraceId.ToString()));
        Assert.Equal(["1111111111111111", "2222222222222222"], spans.Select(span => span.ParentSpanId.ToString()));
        Assert.Equal(spans[0].Context, Assert.Single(spans[1].Links).Context);
        Assert.Equal(spans[1].Context, Assert.Single(spans[0].Links).Context);
    }

    [Fact]
    public void Afterwards_everything_is_as_before()
    {
        using var outer = new Activity("outer").Start();

        StageSpans.Start("stage", ActivityKind.Internal, [One, Other]).Dispose();

        Assert.Same(outer, Activity.Current);
    }

    [Fact]
    public void Messages_that_are_not_traced_have_no_span_and_leave_the_callers_current()
    {
        var name = Guid.NewGuid().ToString();
        using var outer = new Activity("outer").Start();

        using (StageSpans.Start(name, ActivityKind.Internal, [null, NotSampled, "nonsense"]))
            Assert.Same(outer, Activity.Current);

        Assert.Empty(Ended(name));
    }

    [Fact]
    public void A_root_is_of_no_trace_that_it_is_called_from()
    {
        using var outer = new Activity("outer").SetParentId(One).Start();

        using var root = StageSpans.StartRoot("root");

        Assert.NotEqual(OneTrace, root!.TraceId.ToString());
        Assert.Equal(default, root.ParentSpanId);
        Assert.Equal(root.Id, StageSpans.TraceParentOf(root));
    }

    [Fact]
    public void A_span_that_is_not_sampled_is_not_carried()
    {
        using var span = new Activity("quiet").SetIdFormat(ActivityIdFormat.W3C).Start();

        Assert.Null(StageSpans.TraceParentOf(span));
        Assert.Null(StageSpans.TraceParentOf(null));
    }

    [Fact]
    public void What_failed_is_marked_in_every_trace()
    {
        var name = Guid.NewGuid().ToString();

        using (var spans = StageSpans.Start(name, ActivityKind.Internal, [One, Other]))
            spans.Fail("no answer");

        Assert.All(Ended(name), span => Assert.Equal((ActivityStatusCode.Error, "no answer"), (span.Status, span.StatusDescription)));
    }

    public void Dispose() => _listener.Dispose();

    private List<Activity> Ended(string name)
    {
        lock (_ended)
            return [.. _ended.Where(span => span.OperationName == name)];
    }
}
