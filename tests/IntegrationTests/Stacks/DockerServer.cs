using System.Diagnostics;
using MySqlConnector;

namespace ImDapr.IntegrationTests.Stacks;

/// <summary>A server in a container, on a free port of 127.0.0.1; removed with its data when disposed.</summary>
internal sealed class DockerServer : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(500);
    private readonly string _container;

    private DockerServer(string container, int port) => (_container, Port) = (container, port);

    public int Port { get; }

    public static async Task<bool> CanStartAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await DockerAsync(["info"], cancellationToken)).ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false; // there is no docker on PATH
        }
    }

    /// <exception cref="InvalidOperationException">Docker refuses.</exception>
    public static async Task<DockerServer> StartAsync(
        string image, int innerPort, IEnumerable<string> environment, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var port = FreePorts.Next();
        string[] run = ["run", "-d", "--rm", "-p", $"127.0.0.1:{port}:{innerPort}", .. environment.SelectMany(e => new[] { "-e", e }), image, .. arguments];
        var (exitCode, output) = await DockerAsync(run, cancellationToken);
        return exitCode == 0 ? new(output.Trim(), port) : throw new InvalidOperationException($"docker {string.Join(' ', run)}: {output}");
    }

    /// <summary>A database answers long after its container runs.</summary>
    public static async Task WaitForDatabaseAsync(int port, CancellationToken cancellationToken)
    {
        var deadline = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Between);
        while (!await AnswersAsync(port, cancellationToken))
        {
            if (deadline.Elapsed > StartLimit)
                throw new TimeoutException($"no database on port {port} after {StartLimit}");
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync() => await DockerAsync(["rm", "-f", "-v", _container], CancellationToken.None); // clean-up

    private static async Task<bool> AnswersAsync(int port, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new MySqlConnection($"Server=127.0.0.1;Port={port};User ID=root;Password=imdapr;Database=imdapr");
            await connection.OpenAsync(cancellationToken);
            return true;
        }
        catch (MySqlException)
        {
            return false; // not yet: asked again until the deadline
        }
    }

    private static async Task<(int ExitCode, string Output)> DockerAsync(IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo("docker", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(cancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        return (process.ExitCode, process.ExitCode == 0 ? output : output + await errors);
    }
}
