using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.Benchmarks;

/// <summary>
/// The apps beside the sidecars, in the process of the load: four ports, of which the first subscribes and hosts actors. Bare handlers without the SDK, so
/// that what is measured is the sidecar.
/// </summary>
internal sealed class BenchmarkApp : IAsyncDisposable
{
    public const string Topic = "benchmark";
    public const string ActorType = "Bench";

    private readonly ConcurrentDictionary<string, TaskCompletionSource> _expected = new();
    private readonly HttpClient _sidecar = new();
    private readonly WebApplication _host;

    private BenchmarkApp(WebApplication host) => _host = host;

    public static int[] Ports { get; } = [.. Enumerable.Range(0, 4).Select(_ => FreePorts.Next())];

    /// <summary>The HTTP API of the first app's sidecar, once it is known.</summary>
    public Uri? Sidecar { get; set; }

    public static async Task<BenchmarkApp> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach (var port in Ports)
                kestrel.Listen(IPAddress.Loopback, port);
        });
        var app = new BenchmarkApp(builder.Build());
        app.Map();
        await app._host.StartAsync();
        return app;
    }

    /// <summary>Completes when the event with this number has come.</summary>
    public Task ExpectAsync(string number) => (_expected[number] = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public static async Task EchoAsync(HttpContext context)
    {
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = context.Request.ContentLength;
        await context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        _sidecar.Dispose();
        await _host.DisposeAsync();
    }

    private static bool IsFirst(HttpContext context) => context.Connection.LocalPort == Ports[0];

    private void Map()
    {
        _host.MapGet("/healthz", () => Results.Ok());
        _host.MapGet("/dapr/config", context => IsFirst(context) ? context.Response.WriteAsJsonAsync(new { entities = new[] { ActorType } }) : NoneAsync(context));
        _host.MapGet("/dapr/subscribe", context => IsFirst(context)
            ? context.Response.WriteAsJsonAsync(new[] { new { pubsubname = "pubsub", topic = Topic, route = "/event" } })
            : NoneAsync(context));
        _host.MapMethods("/echo", ["PUT", "POST"], EchoAsync);
        _host.MapPost("/event", ReceiveAsync);
        _host.MapPut($"/actors/{ActorType}/{{id}}/method/echo", EchoAsync);
        _host.MapPut($"/actors/{ActorType}/{{id}}/method/save", SaveAsync);
        _host.MapDelete($"/actors/{ActorType}/{{id}}", () => Results.Ok());
    }

    private static Task NoneAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }

    // The number is found without parsing the envelope, which is not what is measured.
    private async Task ReceiveAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var envelope = await reader.ReadToEndAsync(context.RequestAborted);
        var start = envelope.IndexOf("\"number\":\"", StringComparison.Ordinal) + "\"number\":\"".Length;
        if (_expected.TryRemove(envelope[start..envelope.IndexOf('"', start)], out var expected))
            expected.SetResult();
    }

    private async Task SaveAsync(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        var body = $$"""[{"operation":"upsert","request":{"key":"state","value":{{Hops.JsonValue}} } }]""";
        using var content = new StringContent(body);
        using var response = await _sidecar.PutAsync(new Uri(Sidecar!, string.Create(CultureInfo.InvariantCulture, $"/v1.0/actors/{ActorType}/{id}/state")), content);
        response.EnsureSuccessStatusCode();
    }
}
