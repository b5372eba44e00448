using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;

namespace ImDapr.IntegrationTests.Observability;

[Collection(ObservedSuite.Name)]
public sealed class TraceTests(ObservedCluster cluster)
{
    private static readonly (string Service, string Span)[] Way =
    [
        ("connection-service", "hub Send"), ("connection-service", "send batch"), ("message-service", "store"), ("message-service", "publish"),
        ("message-service", "fan out"), ("message-service", "append"), ("connection-service", "push"),
    ];

    [Fact]
    public async Task One_send_is_one_trace_from_the_hub_to_the_push()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        await using var bobsDevice = await bob.ConnectAsync();
        var before = TracesOf("hub Send").ToHashSet();

        await annsDevice.SendToAsync(bob.Id, "hello");
        await bobsDevice.NextPushAsync();

        await Eventually.TrueAsync(() => Task.FromResult(TracesOf("hub Send").Any(trace => !before.Contains(trace) && IsWhole(trace))));
        var trace = Assert.Single(TracesOf("hub Send"), trace => !before.Contains(trace));
        var spans = SpansOf(trace);
        var root = Assert.Single(spans, span => span.Name == "hub Send");
        Assert.Equal("", root.ParentId);
        Assert.All(spans.Where(span => Way.Contains((span.Service, span.Name)) && span != root), span => Assert.Equal(root.SpanId, span.ParentId));
        Assert.Single(spans, span => span.Name == "append"); // to ann's inbox and to bob's
    }

    [Fact]
    public async Task Messages_that_travel_together_have_a_whole_trace_each_and_link_to_each_other()
    {
        const int messages = 40;
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        var devices = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => ann.ConnectAsync(deviceId: $"d{i}")));
        await using var bobsDevice = await bob.ConnectAsync();
        var before = TracesOf("hub Send").ToHashSet();

        // What is under way together meets in batches, of several connections too.
        await Task.WhenAll(Enumerable.Range(0, messages).Select(i => devices[i % devices.Length].SendToAsync(bob.Id, $"{i}")));
        await bobsDevice.NextMessagesAsync(messages);

        await Eventually.TrueAsync(() => Task.FromResult(TracesOf("hub Send").Count(trace => !before.Contains(trace) && IsWhole(trace)) == messages));
        var stored = cluster.Traces.Spans.Where(span => span.Name == "store" && !before.Contains(span.TraceId)).ToList();
        Assert.Equal(messages, stored.Count);
        Assert.Contains(stored, span => span.LinkedTraces.Count > 0);
        foreach (var device in devices)
            await device.DisposeAsync();
    }

    [Fact]
    public async Task A_client_sees_no_trace_and_decides_none()
    {
        const string outsiders = "0af7651916cd43dd8448eb211c80319c";
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        await using var bobsDevice = await bob.ConnectAsync();
        var token = (await ann.LoginAsync("rest")).AccessToken;

        await annsDevice.SendToAsync(bob.Id, "hello");
        await bobsDevice.NextPushAsync();
        using var http = new HttpClient { BaseAddress = cluster.Origin() };
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/inbox");
        request.Headers.Authorization = new("Bearer", token);
        request.Headers.Add("traceparent", $"00-{outsiders}-b7ad6b7169203331-01");
        using var answer = await http.SendAsync(request);
        var page = await answer.Content.ReadAsStringAsync();

        Assert.Contains("hello", page, StringComparison.Ordinal);
        Assert.DoesNotContain("trace", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain(answer.Headers, header => header.Key.Contains("trace", StringComparison.OrdinalIgnoreCase));
        await Eventually.TrueAsync(() => Task.FromResult(cluster.Traces.Spans.Any(span => span.Name == "GET /api/inbox" && span.TraceId == EdgeOf(span))));
        Assert.DoesNotContain(cluster.Traces.Spans, span => span.TraceId == outsiders && span.Service != DaprNames.ConnectionService);
    }

    private IEnumerable<string> TracesOf(string span) => cluster.Traces.Spans.Where(received => received.Name == span).Select(received => received.TraceId).Distinct();

    private List<ReceivedSpan> SpansOf(string trace) => [.. cluster.Traces.Spans.Where(span => span.TraceId == trace)];

    private string? EdgeOf(ReceivedSpan span) => SpansOf(span.TraceId).Find(other => other.Name == "edge")?.TraceId;

    private bool IsWhole(string trace) => Way.All(SpansOf(trace).Select(span => (span.Service, span.Name)).ToHashSet().Contains);
}
