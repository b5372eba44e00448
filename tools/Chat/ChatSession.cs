using ImDapr.Chat.Accounts;
using ImDapr.Chat.Connecting;
using ImDapr.Chat.Sending;
using ImDapr.Chat.Syncing;
using ImDapr.Chat.Terminal;
using ImDapr.Contracts;

namespace ImDapr.Chat;

/// <summary>One run of the chat: the connection, the inbox and the dialogue side by side until one of them ends it.</summary>
public sealed class ChatSession : IAsyncDisposable
{
    private static readonly TimeSpan Goodbye = TimeSpan.FromSeconds(2);
    private readonly ChatOptions _options;
    private readonly IChatOutput _output;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;
    private readonly TokenSource _tokens;
    private readonly HubLink _link;
    private readonly InboxReader _inbox;
    private readonly Dialogue _dialogue;
    private readonly TaskCompletionSource _caughtUp = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _untilReached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _receivedFromOthers;

    public ChatSession(ChatOptions options, IChatOutput output, TimeProvider time)
    {
        (_options, _output, _time) = (options, output, time);
        _http = new HttpClient { BaseAddress = options.Origin, Timeout = TimeSpan.FromSeconds(15) };
        var file = StateFile.Open(options);
        var api = new ImApi(_http);
        _tokens = new(options, api, file, time);
        _link = new(options, _tokens, time);
        _inbox = new(_link, file, Show, CaughtUpAsync, time);
        _dialogue = new(_link, new Sender(_link, time), _inbox, api, _tokens, output, options.UserId);

        _link.Disconnected += reason => output.Show(new ChatEvent.Disconnected(reason));
        _link.On<Receipt>(nameof(IImClient.Receipt), e => output.Show(new ChatEvent.ReadUpTo(e.ConversationId, e.UserId, e.ReadSeq)));
        _link.On<UserPresence>(nameof(IImClient.Presence), e => output.Show(new ChatEvent.PresenceChanged(e.UserId, e.Online, e.Devices)));
    }

    /// <summary>Runs until the input ends (and what the options wait for came), the server signs this device out, or the token is cancelled.</summary>
    /// <returns>The exit code: 0, or 1 when it was kicked, waited in vain, or a line of piped input failed.</returns>
    public async Task<int> RunAsync(TextReader input, bool isInteractive, CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<int>[] parts =
        [
            StayConnectedAsync(ending.Token),
            UntilCancelledAsync(_inbox.RunAsync(ending.Token)),
            UntilCancelledAsync(_inbox.AcknowledgeAsync(ending.Token)),
            TalkAsync(input, isInteractive, ending.Token),
        ];
        try
        {
            return await await Task.WhenAny(parts);
        }
        finally
        {
            await ending.CancelAsync();
            // The first has said how it ended; the others only stop.
            await ((Task)Task.WhenAll(parts)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _inbox.Dispose();
        await _link.DisposeAsync();
        _tokens.Dispose();
        _http.Dispose();
    }

    private async Task<int> StayConnectedAsync(CancellationToken cancellationToken)
    {
        _output.Show(new ChatEvent.KickedOut(await _link.RunAsync(cancellationToken)));
        return 1;
    }

    private async Task<int> TalkAsync(TextReader input, bool isInteractive, CancellationToken cancellationToken)
    {
        var hasQuit = await _dialogue.RunAsync(input, cancellationToken);
        var isComplete = hasQuit || isInteractive || await LingerAsync(cancellationToken);

        using var goodbye = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        goodbye.CancelAfter(Goodbye);
        await _inbox.AcknowledgeNowAsync(goodbye.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return isComplete && (isInteractive || !_dialogue.HadErrors) ? 0 : 1;
    }

    // Without input of its own a chat at least shows what was missed.
    private async Task<bool> LingerAsync(CancellationToken cancellationToken)
    {
        await _caughtUp.Task.WaitAsync(cancellationToken);
        var linger = _options.Linger > 0 ? TimeSpan.FromSeconds(_options.Linger) : (TimeSpan?)null;
        if (_options.Until is null)
        {
            await Task.Delay(linger ?? TimeSpan.Zero, _time, cancellationToken);
            return true;
        }

        var deadline = Task.Delay(linger ?? Timeout.InfiniteTimeSpan, _time, cancellationToken);
        await await Task.WhenAny(_untilReached.Task, deadline);
        return _untilReached.Task.IsCompleted;
    }

    private async Task CaughtUpAsync(CancellationToken cancellationToken)
    {
        _output.Show(new ChatEvent.Ready(_options.UserId, _options.DeviceId));
        _caughtUp.TrySetResult();
        await _dialogue.WatchAgainAsync(cancellationToken);
    }

    private void Show(Message message)
    {
        _output.Show(new ChatEvent.Received(message));
        if (message.SenderId != _options.UserId && Interlocked.Increment(ref _receivedFromOthers) == _options.Until)
            _untilReached.TrySetResult();
    }

    private static async Task<int> UntilCancelledAsync(Task part)
    {
        await part;
        return 0;
    }
}
