using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Servers;

/// <summary>
/// A Redis of the test's own: free port on 127.0.0.1, private data folder, append-only file, so that <see cref="KillAsync"/> and
/// <see cref="StartAgainAsync"/> are a crash and its recovery. Gone with all its data when disposed.
/// </summary>
public sealed class PrivateRedis : IAsyncDisposable
{
    private readonly string _program;
    private readonly string _folder;
    private ServerProcess? _server;

    private readonly IReadOnlyList<string>? _tls;

    private PrivateRedis(string program, string folder, IReadOnlyList<string>? tls) => (_program, _folder, _tls) = (program, folder, tls);

    public int Port { get; } = FreePorts.Next();

    /// <summary><c>host:port</c>, as in IMDAPR_REDIS_HOST.</summary>
    public string Host => $"127.0.0.1:{Port}";

    public static bool CanStart => FindProgram() is not null;

    /// <param name="folder">Where it keeps its data, instead of a folder of its own; what is in it goes when the server is disposed of.</param>
    /// <param name="tls">Options by which it speaks TLS, and then nothing else.</param>
    /// <exception cref="InvalidOperationException">There is no redis-server, or it does not start.</exception>
    public static async Task<PrivateRedis> StartAsync(
        CancellationToken cancellationToken = default, string? folder = null, IReadOnlyList<string>? tls = null)
    {
        var program = FindProgram() ?? throw new InvalidOperationException(
            "No redis-server on PATH: install it (Debian: apt-get install redis-server) or set IMDAPR_REDIS_HOST=host:port to one that tests may fill.");
        var redis = new PrivateRedis(program, folder ?? Directory.CreateTempSubdirectory("imdapr-redis-").FullName, tls);
        await redis.StartAgainAsync(cancellationToken);
        return redis;
    }

    /// <summary>Starts the server with the data it had, on the same port.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default) =>
        _server = await ServerProcess.StartAsync(_program, Arguments(), "Ready to accept connections", cancellationToken);

    /// <summary>Ends the server as a crash would. What it had acknowledged is in its append-only file.</summary>
    public async Task KillAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _server = null;
    }

    /// <summary>Everything that it has stored is gone. To be called between a crash and its recovery.</summary>
    public void LoseData()
    {
        foreach (var folder in Directory.GetDirectories(_folder))
            Directory.Delete(folder, recursive: true);
        foreach (var file in Directory.GetFiles(_folder))
            File.Delete(file);
    }

    /// <summary>The server hangs: its connections stand and nothing is answered, until <see cref="ResumeAsync"/>.</summary>
    public Task PauseAsync() => _server!.SignalAsync("STOP");

    public Task ResumeAsync() => _server!.SignalAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        LoseData();
        Directory.Delete(_folder);
    }

    private static string? FindProgram() => ServerProcess.Find("redis-server", "valkey-server");

    private string[] Arguments() =>
    [
        .. _tls is null ? ["--port", $"{Port}"] : (string[])["--port", "0", "--tls-port", $"{Port}", .. _tls],
        "--bind", "127.0.0.1", "--dir", _folder,
        "--save", "", "--appendonly", "yes", "--appendfsync", "everysec", "--daemonize", "no",
    ];
}
