using System.Diagnostics;
using System.Text.Json;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.Benchmarks;

/// <summary>LocalDapr in a process of its own with four apps, and the bare server beside it.</summary>
internal sealed class SystemUnderTest : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly string _folder = Directory.CreateTempSubdirectory("imdapr-benchmarks-").FullName;
    private readonly List<Process> _processes = [];

    public int HttpPort { get; } = FreePorts.Next();

    public int GrpcPort { get; } = FreePorts.Next();

    public int EchoHttpPort { get; } = FreePorts.Next();

    public int EchoGrpcPort { get; } = FreePorts.Next();

    private Process Sidecar => _processes[0];

    public static async Task<SystemUnderTest> StartAsync(TestServers servers, BenchmarkApp app, CancellationToken cancellationToken)
    {
        var system = new SystemUnderTest();
        try
        {
            system.Start(servers);
            app.Sidecar = new Uri($"http://127.0.0.1:{system.HttpPort}");
            await system.WaitAsync(cancellationToken);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>CPU time of the sidecars' process so far, in seconds.</summary>
    public double CpuSeconds()
    {
        Sidecar.Refresh();
        return Sidecar.TotalProcessorTime.TotalSeconds;
    }

    /// <summary>Resident memory after a while of nothing to do.</summary>
    public async Task<double> IdleMegabytesAsync(TimeSpan idle)
    {
        await Task.Delay(idle);
        Sidecar.Refresh();
        return Sidecar.WorkingSet64 / 1024.0 / 1024.0;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            if (!process.HasExited)
                process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None); // clean-up
            process.Dispose();
        }
        Directory.Delete(_folder, recursive: true);
    }

    private void Start(TestServers servers)
    {
        var components = WriteComponents(servers);
        _processes.Add(Launch(["sidecars", $"{HttpPort}", $"{GrpcPort}", components, .. BenchmarkApp.Ports.Select(port => $"{port}")]));
        _processes.Add(Launch(["echo", $"{EchoHttpPort}", $"{EchoGrpcPort}"]));
    }

    private string WriteComponents(TestServers servers)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_folder, "components")).FullName;
        Write("state", "state.redis", ("redisHost", servers.RedisHost), ("actorStateStore", "true"));
        Write("pubsub", "pubsub.redis", ("redisHost", servers.RedisHost), ("concurrency", "64"), ("maxLenApprox", "100000"));
        Write("database", "bindings.mysql", ("url", servers.MySqlDsn), ("maxOpenConns", "32"));
        return folder;

        void Write(string name, string type, params (string Name, string Value)[] metadata) => File.WriteAllText(
            Path.Combine(folder, $"{name}.yaml"),
            JsonSerializer.Serialize(new
            {
                apiVersion = "dapr.io/v1alpha1",
                kind = "Component",
                metadata = new { name },
                spec = new { type, version = "v1", metadata = metadata.Select(item => new { name = item.Name, value = item.Value }) },
            }));
    }

    private static Process Launch(IEnumerable<string> arguments)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo("dotnet", [typeof(SystemUnderTest).Assembly.Location, .. arguments])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                RedirectStandardInput = true,
            },
        };
        process.OutputDataReceived += (_, line) => Show(line.Data);
        process.ErrorDataReceived += (_, line) => Show(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static void Show(string? line)
    {
        if (!string.IsNullOrEmpty(line))
            Console.Error.WriteLine(line);
    }

    private async Task WaitAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        using var http = new HttpClient();
        foreach (var address in new[] { $"http://127.0.0.1:{HttpPort}/v1.0/healthz", $"http://127.0.0.1:{EchoHttpPort}/" })
        {
            while (!await AnswersAsync(http, address, limit.Token))
                await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }
    }

    private async Task<bool> AnswersAsync(HttpClient http, string address, CancellationToken cancellationToken)
    {
        if (_processes.Find(process => process.HasExited) is { } ended)
            throw new InvalidOperationException($"'{string.Join(' ', ended.StartInfo.ArgumentList)}' ended with code {ended.ExitCode}");
        try
        {
            using var response = await http.GetAsync(address, cancellationToken);
            return (int)response.StatusCode < 500;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
