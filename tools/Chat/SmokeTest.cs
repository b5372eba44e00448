using System.Security.Cryptography;
using ImDapr.Chat.Terminal;

namespace ImDapr.Chat;

/// <summary>
/// Whether an installation works, from outside to outside: two users are made, one writes to the other, who has to get it. They stay behind, and nobody
/// knows their passwords.
/// </summary>
public sealed class SmokeTest(string server, IChatOutput output, TimeProvider time)
{
    // Signing up, two connections and a message take a second or two; the first contact may have to wait for an installation that is just starting.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly string _run = Guid.NewGuid().ToString("N")[..12];
    private readonly string _password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <returns>The exit code: 0 when the message was acknowledged and has arrived.</returns>
    /// <exception cref="ChatException">The server cannot be reached or refuses, or the message did not arrive in time.</exception>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await SendAsync(OptionsOf("sender"), OptionsOf("recipient") with { Until = 1, Linger = Limit.TotalSeconds }, ending.Token);
        }
        catch (OperationCanceledException late) when (limit.IsCancellationRequested)
        {
            throw new ChatException($"the message has not arrived within {Limit.TotalSeconds:F0} s", late);
        }
    }

    private async Task<int> SendAsync(ChatOptions sender, ChatOptions recipient, CancellationToken cancellationToken)
    {
        if (sender.Problem() is { } problem)
            throw new ChatException(problem);

        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var announced = new Announced(output);
        await using var receiving = new ChatSession(recipient, announced, time);
        var received = receiving.RunAsync(TextReader.Null, isInteractive: false, ending.Token);
        try
        {
            if (await Task.WhenAny(announced.Ready, received) == received)
                return await received; // it ended before it was ready, and has said why

            await using var sending = new ChatSession(sender, output, time);
            var sent = await sending.RunAsync(new StringReader($"/to {recipient.UserId}\nsmoke {_run}\n"), isInteractive: false, ending.Token);
            return sent == 0 ? await received : sent;
        }
        finally
        {
            await ending.CancelAsync();
            await ((Task)received).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private ChatOptions OptionsOf(string name) =>
        new($"smoke-{_run}-{name}", server, _password, "smoke", Json: true, Path.Combine(Path.GetTempPath(), "imdapr-smoke"), Linger: 0, Until: null);

    /// <summary>Passes everything on, and tells when a session has connected and caught up.</summary>
    private sealed class Announced(IChatOutput output) : IChatOutput
    {
        private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ready => _ready.Task;

        public void Show(ChatEvent shown)
        {
            output.Show(shown);
            if (shown is ChatEvent.Ready)
                _ready.TrySetResult();
        }
    }
}
