using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Clients;

/// <summary>The real chat program with <c>--json</c>, driven as a script would.</summary>
internal sealed class ChatProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly Channel<JsonElement> _events = Channel.CreateBounded<JsonElement>(10_000);

    private ChatProcess(Process process) => _process = process;

    public static ChatProcess Start(Uri origin, string userId, string dataFolder, params string[] more)
    {
        string[] arguments = [Repository.Tool("Chat"), "--as", userId, "--server", origin.ToString(), "--data", dataFolder, "--json", .. more];
        var start = new ProcessStartInfo("dotnet", arguments) { RedirectStandardInput = true, RedirectStandardOutput = true };
        var chat = new ChatProcess(new Process { StartInfo = start });
        chat._process.OutputDataReceived += (_, line) => chat.Read(line.Data);
        chat._process.Start();
        chat._process.BeginOutputReadLine();
        return chat;
    }

    public Task WriteAsync(string line) => _process.StandardInput.WriteLineAsync(line);

    public void EndInput() => _process.StandardInput.Close();

    /// <summary>The next event of this kind; others are passed over, an error is not.</summary>
    public async Task<JsonElement> NextAsync(string kind)
    {
        while (true)
        {
            var shown = await NextAsync();
            if (Kind(shown) == kind)
                return shown;
            Assert.False(Kind(shown) == "error" && !shown.GetProperty("retrying").GetBoolean(), shown.GetRawText());
        }
    }

    public async Task<JsonElement> NextErrorAsync()
    {
        for (var shown = await NextAsync(); ; shown = await NextAsync())
        {
            if (Kind(shown) == "error")
                return shown;
        }
    }

    /// <summary>Texts of the messages of others that are shown until this device has caught up.</summary>
    public async Task<List<string>> MessagesUntilReadyAsync(string ownUserId)
    {
        var texts = new List<string>();
        for (var shown = await NextAsync(); Kind(shown) != "ready"; shown = await NextAsync())
        {
            if (Kind(shown) == "message" && shown.GetProperty("message").GetProperty("senderId").GetString() != ownUserId)
                texts.Add(Text(shown));
        }
        return texts;
    }

    public static string Text(JsonElement shown) => shown.GetProperty("message").GetProperty("body").GetProperty("text").GetString()!;

    public async Task<int> ExitCodeAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Patience);
        return _process.ExitCode;
    }

    /// <summary>Ends it as a crash would.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string? Kind(JsonElement shown) => shown.GetProperty("event").GetString();

    private async Task<JsonElement> NextAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        return await _events.Reader.ReadAsync(limit.Token);
    }

    // On a thread of the process: what is wrong is told to whoever reads next.
    private void Read(string? line)
    {
        if (line is null)
        {
            _events.Writer.TryComplete();
            return;
        }
        try
        {
            if (!_events.Writer.TryWrite(JsonDocument.Parse(line).RootElement))
                _events.Writer.TryComplete(new InvalidOperationException("the chat says more than anybody reads"));
        }
        catch (JsonException e)
        {
            _events.Writer.TryComplete(new InvalidOperationException($"the chat wrote no JSON: {line}", e));
        }
    }
}
