using System.Collections.Concurrent;
using System.Net;
using ImDapr.IntegrationTests.Stacks;
using ImDapr.LocalDapr.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ImDapr.UnitTests.LocalDapr.Hosting;

/// <summary>A host in this process with component files of the test's own; every warning of it is kept.</summary>
internal sealed class TestSystem : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<WebApplication> _apps = [];
    private readonly LocalDaprHost _host;

    public TestSystem()
    {
        Resources = Directory.CreateDirectory(Path.Combine(_folder.Path, "components")).FullName;
        _host = new LocalDaprHost(Path.Combine(_folder.Path, "data"), LoggerFactory.Create(logging => logging.AddProvider(new Recorder(Warnings))));
    }

    public string Resources { get; }

    public ConcurrentQueue<string> Warnings { get; } = [];

    public HttpClient Http { get; } = new();

    public string Write(string name, string yaml)
    {
        var path = Path.Combine(Resources, name);
        File.WriteAllText(path, yaml);
        return path;
    }

    public void Component(string name, string type, string metadata = "", string more = "") => Write(
        $"{name}.yaml", $"apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {{name: {name}}}\nspec:\n  type: {type}\n  version: v1\n  metadata: [{metadata}]\n{more}");

    /// <summary>A sidecar without an app, and where to reach it.</summary>
    public async Task<Sidecar> SidecarAsync(string appId = "app", Func<SidecarOptions, SidecarOptions>? with = null, int? appPort = null)
    {
        var options = new SidecarOptions(appId, appPort ?? FreePorts.Next(), [Resources]) { WorkingFolder = _folder.Path };
        return await _host.AddSidecarAsync(with is null ? options : with(options));
    }

    /// <summary>A sidecar with an app that is connected.</summary>
    public async Task<Sidecar> AppAsync(
        string appId, Action<WebApplication> map, Func<SidecarOptions, SidecarOptions>? with = null, Action<IServiceCollection, Sidecar>? services = null)
    {
        var port = FreePorts.Next();
        var sidecar = await SidecarAsync(appId, with, port);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(sidecar.AppVariables!);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, port));
        services?.Invoke(builder.Services, sidecar);
        var app = builder.Build();
        map(app);
        _apps.Add(app);
        await app.StartAsync();
        await sidecar.ConnectAppAsync();
        return sidecar;
    }

    public Task<HttpResponseMessage> GetAsync(Sidecar sidecar, string path) => Http.GetAsync(Address(sidecar, path));

    public static Uri Address(Sidecar sidecar, string path) => new($"http://127.0.0.1:{sidecar.HttpPort}{path}");

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        foreach (var app in _apps)
            await app.DisposeAsync();
        Http.Dispose();
        _folder.Dispose();
    }

    private sealed class Recorder(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                lines.Enqueue(formatter(state, exception));
        }

        public void Dispose() => GC.SuppressFinalize(this);
    }
}
