using System.Globalization;
using MySqlConnector;
using StackExchange.Redis;

namespace ImDapr.LocalDapr.Runner;

/// <summary>
/// Private Redis and MariaDB (or MySQL) servers from the binaries on PATH, for <c>--start-servers</c>: on loopback, their data in the data folder,
/// so that a later run continues where this one stopped.
/// </summary>
public sealed class PrivateServers(string dataFolder, ConsoleOutput output) : IAsyncDisposable
{
    public const string RedisVariable = "IMDAPR_REDIS_HOST";
    public const string MySqlVariable = "IMDAPR_MYSQL_DSN";
    private const string Database = "imdapr";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private readonly List<AppProcess> _processes = [];
    private readonly Dictionary<string, TextWriter> _logs = [];

    /// <summary>Starts both and answers the variables that the component files refer to.</summary>
    public async Task<IReadOnlyDictionary<string, string>> StartAsync(CancellationToken cancellationToken)
    {
        var redisPort = await StartRedisAsync(cancellationToken);
        var mySqlPort = await StartMySqlAsync(cancellationToken);
        return new Dictionary<string, string>
        {
            [RedisVariable] = $"127.0.0.1:{redisPort}",
            [MySqlVariable] = $"root@tcp(127.0.0.1:{mySqlPort})/{Database}?parseTime=true",
        };
    }

    private async Task<int> StartRedisAsync(CancellationToken cancellationToken)
    {
        var binary = Find("redis-server") ?? throw Missing("redis-server");
        var folder = Folder("redis");
        var port = Ports.Free();
        // Every write is in the operating system's hands before it is answered; appendfsync everysec adds the disk within a second.
        var process = Start("redis", folder, [binary, "--port", Text(port), "--bind", "127.0.0.1", "--dir", folder, "--appendonly", "yes", "--save", ""]);
        await WaitAsync(process, async () =>
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{port},abortConnect=false,connectTimeout=1000,connectRetry=0");
            return redis.IsConnected && await redis.GetDatabase().PingAsync() > TimeSpan.Zero;
        }, cancellationToken);
        SayReady("redis", port, folder);
        return port;
    }

    private async Task<int> StartMySqlAsync(CancellationToken cancellationToken)
    {
        var binary = Find("mariadbd") ?? Find("mysqld") ?? throw Missing("mariadbd (or mysqld)");
        var folder = Folder("mysql");
        var data = Path.Combine(folder, "data");
        if (!Directory.Exists(Path.Combine(data, "mysql")))
            await InitialiseAsync(binary, folder, data, cancellationToken);
        var port = Ports.Free();
        List<string> command =
        [
            // A temporary folder of its own: a server that starts deletes what looks like its leftovers there, also those of a server that runs.
            binary, "--no-defaults", $"--datadir={data}", $"--tmpdir={folder}", $"--port={port}", "--bind-address=127.0.0.1", $"--socket={SocketPath(port)}",
            $"--pid-file={Path.Combine(folder, "server.pid")}", "--skip-name-resolve", "--character-set-server=utf8mb4", "--innodb-buffer-pool-size=256M",
            "--max-connections=500", .. AsRoot(),
        ];
        var process = Start("mysql", folder, command);
        var connectionString = $"Server=127.0.0.1;Port={port};User ID=root";
        await WaitAsync(process, async () =>
        {
            await using var connection = new MySqlConnection(connectionString);
            await connection.OpenAsync(cancellationToken);
            await using var create = new MySqlCommand($"CREATE DATABASE IF NOT EXISTS {Database} CHARACTER SET utf8mb4", connection);
            await create.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }, cancellationToken);
        SayReady("mysql", port, folder);
        return port;
    }

    private void SayReady(string name, int port, string folder) => output.Line(name, $"ready on 127.0.0.1:{port}, its log is {folder}/server.log");

    private async Task InitialiseAsync(string server, string folder, string data, CancellationToken cancellationToken)
    {
        // Half an initialisation is worse than none: what an interrupted one left is begun anew.
        if (Directory.Exists(data))
            Directory.Delete(data, recursive: true);
        var fresh = data + ".new";
        if (Directory.Exists(fresh))
            Directory.Delete(fresh, recursive: true);
        output.Line("mysql", $"making a database in {data}");
        List<string> command = Find("mariadb-install-db") is { } install
            ? [install, "--no-defaults", $"--datadir={fresh}", $"--tmpdir={folder}", "--auth-root-authentication-method=normal", "--skip-test-db", .. AsRoot()]
            : [server, "--no-defaults", "--initialize-insecure", $"--datadir={fresh}", $"--tmpdir={folder}", .. AsRoot()];
        await using var process = Launch("mysql", folder, command);
        await process.Exited.WaitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new RunnerException($"mysql: making the database failed with exit code {process.ExitCode}:\n{string.Join('\n', process.Tail())}");
        Directory.Move(fresh, data);
    }

    private AppProcess Start(string name, string folder, IReadOnlyList<string> command)
    {
        var process = Launch(name, folder, command);
        _processes.Add(process);
        return process;
    }

    // Servers say much that nobody reads when all is well: it goes to a file.
    private AppProcess Launch(string name, string folder, IReadOnlyList<string> command)
    {
        if (!_logs.TryGetValue(folder, out var log))
            _logs[folder] = log = TextWriter.Synchronized(new StreamWriter(Path.Combine(folder, "server.log"), append: true) { AutoFlush = true });
        return AppProcess.Start(name, folder, command, new Dictionary<string, string>(), log.WriteLine);
    }

    private static async Task WaitAsync(AppProcess process, Func<Task<bool>> isReady, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        while (!await IsReadyAsync(isReady))
        {
            if (process.HasExited)
                throw new RunnerException($"{process.Name} ended with exit code {process.ExitCode}. It said last:\n{string.Join('\n', process.Tail())}");
            try
            {
                await Task.Delay(Poll, limit.Token);
            }
            catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
            {
                throw new RunnerException($"{process.Name} does not answer after {StartLimit.TotalSeconds} s", exception);
            }
        }
    }

    private static async Task<bool> IsReadyAsync(Func<Task<bool>> isReady)
    {
        try
        {
            return await isReady();
        }
        catch (Exception exception) when (exception is RedisException or MySqlException)
        {
            return false;
        }
    }

    private string Folder(string name) => Directory.CreateDirectory(Path.Combine(dataFolder, name)).FullName;

    // A socket's path is limited to about a hundred characters, which a data folder may exceed.
    private static string SocketPath(int port) => Path.Combine(Path.GetTempPath(), $"imdapr-mysql-{port}.sock");

    private static string[] AsRoot() => Environment.UserName == "root" ? ["--user=root"] : [];

    private static string? Find(string binary) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
        .Append("/usr/sbin")
        .Select(folder => Path.Combine(folder, binary))
        .FirstOrDefault(File.Exists);

    private static RunnerException Missing(string binary) => new(
        $"--start-servers needs {binary} on PATH. On Debian: apt-get install redis-server mariadb-server. Or give {RedisVariable} and {MySqlVariable} and leave --start-servers out.");

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_processes.Select(process => process.StopAsync(Grace)));
        foreach (var process in _processes)
            await process.DisposeAsync();
        foreach (var log in _logs.Values)
            await log.DisposeAsync();
    }
}
