using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Servers;

/// <summary>
/// A MariaDB (or MySQL-compatible) server of the test's own: free port on 127.0.0.1, private data folder, empty database <c>imdapr</c>,
/// user root without password. <see cref="KillAsync"/> and <see cref="StartAgainAsync"/> are a crash and its recovery.
/// Gone with all its data when disposed.
/// </summary>
public sealed class PrivateMariaDb : IAsyncDisposable
{
    public const string Database = "imdapr";

    // Each database begins with writing a log of this size; the default is 96 MB.
    private const string LogSize = "--innodb-log-file-size=16M";

    private readonly string _program;
    private readonly string _folder = Directory.CreateTempSubdirectory("imdapr-mariadb-").FullName;
    private ServerProcess? _server;

    private readonly IReadOnlyList<string> _tls;

    private PrivateMariaDb(string program, IReadOnlyList<string>? tls) => (_program, _tls) = (program, tls ?? []);

    public int Port { get; } = FreePorts.Next();

    /// <summary>DSN in go-sql-driver's form, as in IMDAPR_MYSQL_DSN.</summary>
    public string Dsn => $"root@tcp(127.0.0.1:{Port})/{Database}";

    /// <summary>The same database for MySqlConnector.</summary>
    public string ConnectionString => $"Server=127.0.0.1;Port={Port};User ID=root;Database={Database}";

    public static bool CanStart => FindServer() is not null && FindInstaller() is not null;

    /// <param name="tls">Options by which it speaks TLS.</param>
    /// <exception cref="InvalidOperationException">There is no mariadbd, or it does not start.</exception>
    public static async Task<PrivateMariaDb> StartAsync(CancellationToken cancellationToken = default, IReadOnlyList<string>? tls = null)
    {
        if (!CanStart)
            throw new InvalidOperationException(
                "No mariadbd with mariadb-install-db on PATH: install it (Debian: apt-get install mariadb-server) or set "
                + "IMDAPR_MYSQL_DSN=user:password@tcp(host:port)/database to a database that tests may fill.");
        var database = new PrivateMariaDb(FindServer()!, tls);
        await database.InstallAsync(cancellationToken);
        await database.StartAgainAsync(cancellationToken);
        return database;
    }

    /// <summary>Starts the server with the data it had, on the same port.</summary>
    public async Task StartAgainAsync(CancellationToken cancellationToken = default) =>
        _server = await ServerProcess.StartAsync(_program, Arguments(), "ready for connections", cancellationToken);

    /// <summary>Ends the server as a crash would. Committed transactions are in its log.</summary>
    public async Task KillAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
        _server = null;
    }

    /// <summary>The server hangs: its connections stand and nothing is answered, until <see cref="ResumeAsync"/>.</summary>
    public Task PauseAsync() => _server!.SignalAsync("STOP");

    public Task ResumeAsync() => _server!.SignalAsync("CONT");

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private static string? FindServer() => ServerProcess.Find("mariadbd", "mysqld");

    private static string? FindInstaller() => ServerProcess.Find("mariadb-install-db", "mysql_install_db");

    private string DataFolder => Path.Combine(_folder, "data");

    private string InitFile => Path.Combine(_folder, "init.sql");

    private async Task InstallAsync(CancellationToken cancellationToken)
    {
        await File.WriteAllTextAsync(InitFile, $"CREATE DATABASE IF NOT EXISTS {Database} CHARACTER SET utf8mb4;\n", cancellationToken);
        await ServerProcess.RunAsync(FindInstaller()!, [
            "--no-defaults", $"--datadir={DataFolder}", $"--tmpdir={_folder}", $"--user={Environment.UserName}", LogSize,
            "--auth-root-authentication-method=normal", "--skip-test-db"], cancellationToken);
    }

    // A temporary folder of its own: a server that starts deletes what looks like its leftovers there, also those of a server that runs.
    private string[] Arguments() =>
    [
        "--no-defaults", $"--datadir={DataFolder}", $"--tmpdir={_folder}", $"--user={Environment.UserName}", "--bind-address=127.0.0.1", $"--port={Port}",
        $"--socket={Path.Combine(_folder, "mariadb.sock")}", $"--pid-file={Path.Combine(_folder, "mariadb.pid")}",
        $"--init-file={InitFile}", "--skip-log-bin", "--innodb-buffer-pool-size=64M", LogSize,
        // What is committed is handed to the operating system and survives the end of the process; a power cut is not tested here.
        "--innodb-flush-log-at-trx-commit=2", .. _tls,
    ];
}
