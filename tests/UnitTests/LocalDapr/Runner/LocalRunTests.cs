using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ImDapr.IntegrationTests.Stacks;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.Runner;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;

namespace ImDapr.UnitTests.LocalDapr.Runner;

/// <summary>What a person is told when a run cannot be, and that nothing is left behind.</summary>
public sealed class LocalRunTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("apps: [", "dapr.yaml(")]
    [InlineData("version: 1\napps:\n  - appID: a\n    appPrt: 1\n", "dapr.yaml(4,5): unknown field 'appPrt'")]
    [InlineData("version: 1\napps:\n  - appID: a\n    appDirPath: ./none\n", "none does not exist")]
    [InlineData("version: 2\napps: []\n", "'version' must be 1")]
    public async Task A_bad_run_file_is_refused_with_file_and_line(string yaml, string expected)
    {
        Write("dapr.yaml", yaml);

        var error = await Assert.ThrowsAsync<ResourceException>(StartAsync);

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(_folder.Path, "dapr.yaml"), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_component_file_is_refused_with_file_and_line()
    {
        WriteRun(FreePorts.Next(), "true");
        Write("components/state.yaml", "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: s\nspec:\n  type state.sqlite\n  version: v1\n");

        var error = await Assert.ThrowsAsync<ResourceException>(StartAsync);

        Assert.Contains("state.yaml(", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_component_of_an_unknown_type_is_refused_by_name()
    {
        WriteRun(FreePorts.Next(), "true");
        Write("components/state.yaml", "apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata:\n  name: s\nspec:\n  type: state.stone\n  version: v1\n  metadata: []\n");

        var error = await Assert.ThrowsAsync<ComponentException>(StartAsync);

        Assert.Contains("state.stone", error.Message, StringComparison.Ordinal);
        Assert.Contains("state.yaml", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_port_is_named_with_its_app()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        WriteRun(port, "true");

        var error = await Assert.ThrowsAsync<RunnerException>(StartAsync);

        Assert.StartsWith($"Port {port} of thing is taken", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_app_that_dies_is_told_with_its_last_lines()
    {
        WriteRun(FreePorts.Next(), "echo one; echo the last words >&2; exit 3");

        var error = await Assert.ThrowsAsync<RunnerException>(StartAsync);

        Assert.Contains("thing ended with exit code 3", error.Message, StringComparison.Ordinal);
        Assert.Contains("the last words", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_is_stopped_while_it_starts_leaves_no_process()
    {
        var file = Path.Combine(_folder.Path, "pid");
        WriteRun(FreePorts.Next(), $"echo $$ > {file}.new; mv {file}.new {file}; exec sleep 600");
        using var stop = new CancellationTokenSource();
        await using var run = Run();
        var starting = run.StartAsync(stop.Token);
        var written = new TaskCompletionSource();
        using var watcher = new FileSystemWatcher(_folder.Path, "pid") { EnableRaisingEvents = true };
        watcher.Renamed += (_, _) => written.TrySetResult();
        if (!File.Exists(file))
            await written.Task.WaitAsync(Components.Patience);
        using var app = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(file)));

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => starting);
        await app.WaitForExitAsync().WaitAsync(Components.Patience);
    }

    [Fact]
    public async Task An_app_that_somebody_else_starts_is_found_when_it_comes()
    {
        var port = FreePorts.Next();
        WriteRun(port, script: null);
        await using var run = Run();
        await run.StartAsync(CancellationToken.None).WaitAsync(Components.Patience);

        var asked = new TaskCompletionSource();
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        await using var app = builder.Build();
        app.MapGet("/dapr/subscribe", () =>
        {
            asked.TrySetResult();
            return Results.Json(Array.Empty<object>());
        });
        await app.StartAsync();

        await asked.Task.WaitAsync(Components.Patience);
    }

    private LocalRun Run() => new(new RunOptions(Path.Combine(_folder.Path, "dapr.yaml"), [], StartServers: false), new ConsoleOutput());

    private async Task StartAsync()
    {
        await using var run = Run();
        await run.StartAsync(CancellationToken.None).WaitAsync(Components.Patience);
    }

    private void WriteRun(int port, string? script)
    {
        var command = script is null ? "" : $"command: [\"sh\", \"-c\", \"{script}\"]";
        Directory.CreateDirectory(Path.Combine(_folder.Path, "components"));
        Write("dapr.yaml", $"""
            version: 1
            common:
              resourcesPaths: [./components]
            apps:
              - appID: thing
                appDirPath: .
                appPort: {port}
                {command}
            """);
    }

    private void Write(string name, string text)
    {
        var path = Path.Combine(_folder.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
    }
}
