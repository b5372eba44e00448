using System.Net.Http.Json;
using System.Text.Json;
using Dapr.Actors.Client;
using Dapr.Client;

namespace ImDapr.DaprConformance.Systems;

/// <summary>One instance of an app: its own port, where it is asked what it got, and its sidecar's two APIs.</summary>
public sealed class AppInstance : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private readonly HttpClient _app;
    private readonly HttpClient _sidecar;
    private readonly string? _token;

    private AppInstance(Uri app, About about, string? http, string? grpc, string? token)
    {
        (AppId, Port, ProcessId, _token) = (about.AppId, about.Port, about.ProcessId, token);
        (SidecarHttp, SidecarGrpc) = (http ?? about.SidecarHttp, grpc ?? about.SidecarGrpc);
        _app = new HttpClient { BaseAddress = app, Timeout = Limit };
        _sidecar = new HttpClient { BaseAddress = new Uri(SidecarHttp), Timeout = Limit };
        Dapr = new DaprClientBuilder().UseHttpEndpoint(SidecarHttp).UseGrpcEndpoint(SidecarGrpc).UseDaprApiToken(token ?? "").Build();
    }

    public string AppId { get; }

    public int Port { get; }

    public int ProcessId { get; }

    public string SidecarHttp { get; }

    public string SidecarGrpc { get; }

    public DaprClient Dapr { get; }

    /// <param name="app">Address of the app; it knows its sidecar.</param>
    /// <param name="http">Address of the sidecar's HTTP API, if the app's word is not to be taken.</param>
    /// <param name="grpc">Address of the sidecar's gRPC API, likewise.</param>
    /// <param name="token">What the sidecar wants to see.</param>
    public static async Task<AppInstance> FindAsync(Uri app, string? http = null, string? grpc = null, string? token = null)
    {
        using var client = new HttpClient { BaseAddress = app, Timeout = Limit };
        var about = await client.GetFromJsonAsync<About>("/instance", JsonSerializerOptions.Web);
        return new AppInstance(app, about!, http, grpc, token);
    }

    /// <summary>Asks the sidecar.</summary>
    /// <param name="path">As it goes over the wire.</param>
    /// <param name="body">Text, bytes, content, or something to be JSON.</param>
    /// <param name="contentType">JSON unless told otherwise; empty for none.</param>
    public Task<Answer> SendAsync(string verb, string path, object? body = null, string? contentType = null, params (string Name, string Value)[] headers) =>
        SendAsync(_sidecar, verb, path, body, contentType, _token is null ? headers : [.. headers, ("dapr-api-token", _token)]);

    public Task<Answer> GetAsync(string path, params (string Name, string Value)[] headers) => SendAsync("GET", path, headers: headers);

    /// <summary>Asks the app itself.</summary>
    public Task<Answer> AskAppAsync(string verb, string path) => SendAsync(_app, verb, path, null, null, []);

    /// <summary>What this instance got with a key in it: as soon as there are so many, or when the time is over.</summary>
    public async Task<IReadOnlyList<Recorded>> RecordedAsync(string key, int count, TimeSpan patience) =>
        (await _app.GetFromJsonAsync<List<Recorded>>(
            $"/recorded/{key}?count={count}&waitMs={patience.TotalMilliseconds:F0}", JsonSerializerOptions.Web, TestContext.Current.CancellationToken))!;

    public T Actor<T>(string id, string type) where T : Dapr.Actors.IActor => Proxies().CreateActorProxy<T>(new(id), type);

    public ActorProxy Actor(string id, string type) => Proxies().Create(new(id), type);

    public void Dispose()
    {
        _app.Dispose();
        _sidecar.Dispose();
        Dapr.Dispose();
    }

    private ActorProxyFactory Proxies() => new(new ActorProxyOptions { HttpEndpoint = SidecarHttp, UseJsonSerialization = true, DaprApiToken = _token });

    private static async Task<Answer> SendAsync(
        HttpClient client, string verb, string path, object? body, string? contentType, IEnumerable<(string Name, string Value)> headers)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), Exactly(client.BaseAddress!, path));
        request.Content = Answer.Content(body, contentType);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return await Answer.ReadAsync(response, TestContext.Current.CancellationToken);
    }

    // Dots, double slashes and escapes go out as they are written.
    private static Uri Exactly(Uri address, string path) =>
        new($"{address.GetLeftPart(UriPartial.Authority)}{path}", new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });

    private sealed record About(string AppId, int Port, string SidecarHttp, string SidecarGrpc, int ProcessId);
}
