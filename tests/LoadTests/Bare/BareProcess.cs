using System.Diagnostics;
using System.Net;
using System.Text.Json;
using ImDapr.IntegrationTests.Servers;
using ImDapr.IntegrationTests.Stacks;
using ImDapr.LoadTests.Systems;

namespace ImDapr.LoadTests.Bare;

/// <summary>The bare hub in a child process, with a Redis of its own.</summary>
internal sealed class BareProcess : IAsyncDisposable
{
    public const string ReadyText = "bare hub is ready";
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private readonly PrivateRedis _redis;
    private readonly Process _process;

    private BareProcess(PrivateRedis redis, Process process, int port) => (_redis, _process, Hub) = (redis, process, new IPEndPoint(IPAddress.Loopback, port));

    public IPEndPoint Hub { get; }

    public static async Task<BareProcess> StartAsync(CancellationToken cancellationToken)
    {
        var redis = await PrivateRedis.StartAsync(cancellationToken);
        var port = FreePorts.Next();
        var start = new ProcessStartInfo("dotnet", [typeof(BareProcess).Assembly.Location, "bare", "--port", $"{port}", "--redis", redis.Host])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment["DOTNET_gcServer"] = IsServerGarbageCollection() ? "1" : "0";
        start.Environment["DOTNET_gcConcurrent"] = "1";
        start.Environment.TryAdd("DOTNET_TieredPGO", "1");
        var bare = new BareProcess(redis, Process.Start(start)!, port);
        try
        {
            while (await bare._process.StandardOutput.ReadLineAsync(cancellationToken).AsTask().WaitAsync(StartLimit, cancellationToken) is { } line)
            {
                if (line == ReadyText)
                    return bare;
            }
            throw new InvalidOperationException("The bare hub has ended before it was ready");
        }
        catch
        {
            await bare.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync(CancellationToken.None); // clean-up
        _process.Dispose();
        await _redis.DisposeAsync();
    }

    /// <summary>How connection-service collects its garbage: the bare hub has to do it in the same way.</summary>
    private static bool IsServerGarbageCollection()
    {
        using var file = File.OpenRead(Path.ChangeExtension(BuildConfiguration.Service("ConnectionService"), ".runtimeconfig.json"));
        using var json = JsonDocument.Parse(file);
        return json.RootElement.GetProperty("runtimeOptions").TryGetProperty("configProperties", out var properties)
            && properties.TryGetProperty("System.GC.Server", out var isServer) && isServer.GetBoolean();
    }
}
