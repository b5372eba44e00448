using System.Text.Json;
using System.Threading.Channels;
using ImDapr.Chat.Connecting;
using ImDapr.Chat.Syncing;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace ImDapr.IntegrationTests.Clients;

/// <summary>A device on the official SignalR client. What it shows goes through the sync engine, as in every real client.</summary>
public sealed class ImClient : IAsyncDisposable
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private const int MaxConnects = 3;
    private static readonly TimeSpan BetweenSyncs = TimeSpan.FromMilliseconds(200);
    private readonly HubConnection _hub;
    private readonly SyncEngine _engine = new(SyncState.Empty);
    private readonly SemaphoreSlim _oneInput = new(1);
    private readonly System.Collections.Concurrent.ConcurrentQueue<Message> _shownSoFar = new();
    private readonly Channel<Message> _shown = Channel.CreateBounded<Message>(10_000);
    private readonly Channel<InboxEntry> _pushed = Channel.CreateBounded<InboxEntry>(10_000);
    private readonly Channel<UserPresence> _presences = Channel.CreateBounded<UserPresence>(1_000);
    private readonly Channel<TypingNotice> _typings = Channel.CreateBounded<TypingNotice>(1_000);
    private readonly Channel<Receipt> _receipts = Channel.CreateBounded<Receipt>(1_000);
    private readonly TaskCompletionSource<Kick> _kicked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Within> _leaving = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ImClient(string userId, HubConnection hub)
    {
        (UserId, _hub) = (userId, hub);
        hub.On<InboxEntry[]>(nameof(IImClient.Deliver), DeliveredAsync);
        hub.On<Message[]>(nameof(IImClient.DeliverTimeline), messages => InputAsync(engine => engine.PushedTimeline(messages)));
        hub.On<Within>(nameof(IImClient.SyncNow), _ => InputAsync(engine => engine.Begin()));
        hub.On<TypingNotice>(nameof(IImClient.Typing), typing => _typings.Writer.TryWrite(typing));
        hub.On<UserPresence>(nameof(IImClient.Presence), presence => _presences.Writer.TryWrite(presence));
        hub.On<Receipt>(nameof(IImClient.Receipt), receipt => _receipts.Writer.TryWrite(receipt));
        hub.On<Within>(nameof(IImClient.Reconnect), within => _leaving.TrySetResult(within));
        hub.On<Kick>(nameof(IImClient.Kicked), kick => _kicked.TrySetResult(kick));
        hub.Closed += _ =>
        {
            _closed.TrySetResult();
            return Task.CompletedTask;
        };
    }

    public string UserId { get; }


    /// <summary>Completes when the server has told this device to go.</summary>
    public Task<Kick> KickedAsync() => _kicked.Task.WaitAsync(Patience);

    /// <summary>Completes when the server has asked this device to connect elsewhere.</summary>
    public Task<Within> AskedToLeaveAsync() => _leaving.Task.WaitAsync(Patience);

    public bool IsAskedToLeave => _leaving.Task.IsCompleted;

    public Task ClosedAsync() => _closed.Task.WaitAsync(Patience);

    /// <summary>Connects and syncs. A connection whose session cannot be opened now is closed by the server, and the client comes back, as every client does.</summary>
    public static async Task<ImClient> ConnectAsync(Uri origin, string userId, string deviceId, SessionTokens tokens)
    {
        for (var tries = 1; ; tries++)
        {
            var client = Create(origin, userId, deviceId, tokens);
            try
            {
                await client._hub.StartAsync();
                await client.InputAsync(engine => engine.Begin());
                return client;
            }
            catch (TaskCanceledException) when (tries < MaxConnects && client._closed.Task.IsCompleted)
            {
                await client.DisposeAsync();
            }
        }
    }

    private static ImClient Create(Uri origin, string userId, string deviceId, SessionTokens tokens)
    {
        var hub = Build(origin, deviceId, tokens.AccessToken).AddJsonProtocol(json => json.PayloadSerializerOptions = ContractsJson.Wire).Build();
        return new ImClient(userId, hub);
    }

    /// <summary>A connection to the hub, not built and without a protocol chosen.</summary>
    public static IHubConnectionBuilder Build(Uri origin, string deviceId, string accessToken) =>
        new HubConnectionBuilder().WithUrl(
            new Uri(origin, $"hub/im?deviceId={deviceId}&platform=web"), http => http.AccessTokenProvider = () => Task.FromResult<string?>(accessToken));

    public Task<SendAck> SendToAsync(string userId, string text, string? clientMessageId = null) =>
        CallAsync<SendAck>("Send", Text(text, clientMessageId) with { ToUserId = userId });

    public Task<SendAck> SendInAsync(string conversationId, string text, string? clientMessageId = null) =>
        CallAsync<SendAck>("Send", Text(text, clientMessageId) with { ConversationId = conversationId });

    public Task<SyncPage> SyncAsync(long after, int limit = 100, string? epoch = null) => CallAsync<SyncPage>("Sync", new SyncRequest(after, limit, epoch));

    public Task<HistoryPage> HistoryAsync(string conversationId, long? before = null, long? after = null, int limit = 100) =>
        CallAsync<HistoryPage>("History", new HistoryRequest(conversationId, before, after, limit));

    public Task<ConversationSummary[]> ConversationsAsync(string? after = null, int limit = 100) =>
        CallAsync<ConversationSummary[]>("Conversations", new ConversationsRequest(after, limit));

    public Task ReadAsync(string conversationId, long seq) => CallAsync<object?>("Read", new ReadRequest(conversationId, seq));

    public Task AckAsync(long position) => CallAsync<object?>("Ack", new AckRequest(position));

    public Task RecallAsync(string conversationId, long seq) => CallAsync<object?>("Recall", new RecallRequest(conversationId, seq));

    public Task TypingAsync(string conversationId) => CallAsync<object?>("Typing", new TypingRequest(conversationId));

    public Task UpdateAsync(string conversationId, bool? muted = null, bool? pinned = null, long? clearedSeq = null) =>
        CallAsync<object?>("UpdateConversation", new ConversationUpdate(conversationId, muted, pinned, clearedSeq));

    public Task<Receipt[]> ReceiptsAsync(string conversationId) => CallAsync<Receipt[]>("Receipts", new ReceiptsRequest(conversationId));

    public Task<TypingNotice> NextTypingAsync() => NextAsync(_typings);

    public Task<UserPresence[]> WatchAsync(params string[] userIds) => CallAsync<UserPresence[]>("WatchPresence", new WatchPresenceRequest(userIds));

    public Task<T> CallAsync<T>(string method, object argument) => _hub.InvokeAsync<T>(method, argument).WaitAsync(Patience);

    /// <summary>A call that must be refused; returns the code.</summary>
    public async Task<string> RefusedAsync(string method, object argument)
    {
        var error = await Assert.ThrowsAsync<HubException>(() => CallAsync<object?>(method, argument));
        var refusal = HubErrors.Parse(error);
        Assert.NotEqual(error.Message, refusal.Message); // the server named a code itself
        return refusal.Code;
    }

    /// <summary>The next message that this device shows: once each, in order.</summary>
    public Task<Message> NextMessageAsync() => NextAsync(_shown);

    public async Task<Message[]> NextMessagesAsync(int count)
    {
        var messages = new Message[count];
        for (var i = 0; i < count; i++)
            messages[i] = await NextMessageAsync();
        return messages;
    }

    /// <summary>The next texts of a conversation; what others say about it (who joined) and other conversations are passed over.</summary>
    public async Task<string[]> TextsAsync(string conversationId, int count)
    {
        var texts = new List<string>();
        while (texts.Count < count)
        {
            var message = await NextMessageAsync();
            if (message.ConversationId == conversationId && message.Type == MessageTypes.Text)
                texts.Add(TextOf(message));
        }
        return [.. texts];
    }

    /// <summary>Everything that this device has shown, whether a test has taken it or not.</summary>
    public IReadOnlyCollection<Message> ShownSoFar => _shownSoFar;

    /// <summary>The next entry that the server pushed, as it came.</summary>
    public Task<InboxEntry> NextPushAsync() => NextAsync(_pushed);

    /// <summary>The next receipt that says what is asked for; others are passed over.</summary>
    public async Task<Receipt> ReceiptAsync(Func<Receipt, bool> isWanted)
    {
        while (true)
        {
            var receipt = await NextAsync(_receipts);
            if (isWanted(receipt))
                return receipt;
        }
    }

    /// <summary>The next news of a user that says what is asked for; older news are passed over.</summary>
    public async Task<UserPresence> PresenceAsync(string userId, bool online)
    {
        while (true)
        {
            var presence = await NextAsync(_presences);
            if (presence.UserId == userId && presence.Online == online)
                return presence;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        _oneInput.Dispose();
    }

    public static string TextOf(Message message) => message.Body.GetProperty("text").GetString()!;

    private static SendMessage Text(string text, string? clientMessageId) =>
        new(clientMessageId ?? Guid.NewGuid().ToString("N"), null, null, MessageTypes.Text, JsonSerializer.SerializeToElement(new { text }));

    private Task DeliveredAsync(InboxEntry[] entries)
    {
        foreach (var entry in entries)
            _pushed.Writer.TryWrite(entry);
        return InputAsync(engine => engine.Pushed(entries));
    }

    private async Task InputAsync(Func<SyncEngine, SyncStep> input)
    {
        await _oneInput.WaitAsync();
        try
        {
            for (var step = input(_engine); ; step = await AnswerAsync(step.Next))
            {
                foreach (var message in step.Show)
                    Show(message);
                if (step.Next == NextCall.None)
                    return;
            }
        }
        finally
        {
            _oneInput.Release();
        }
    }

    private void Show(Message message)
    {
        _shownSoFar.Enqueue(message);
        Assert.True(_shown.Writer.TryWrite(message));
    }

    private async Task<SyncStep> AnswerAsync(NextCall next)
    {
        if (next == NextCall.Sync)
            return _engine.Synced(await SyncAgainAsync(_engine.Request));
        if (next == NextCall.Timelines)
        {
            foreach (var request in _engine.TimelineRequests)
                await LoadAsync(request);
            return _engine.TimelinesRead();
        }

        foreach (var conversation in await ConversationsAsync(limit: Limits.PageSize))
            await LoadAsync(_engine.MissingOf(conversation));
        return _engine.Reloaded();
    }

    // As every client: refused because something is away, the same is asked again.
    private async Task<SyncPage> SyncAgainAsync(SyncRequest request)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(BetweenSyncs);
        while (true)
        {
            try
            {
                return await CallAsync<SyncPage>("Sync", request);
            }
            catch (HubException refused) when (HubErrors.Parse(refused).Code == ErrorCodes.Unavailable)
            {
                await pause.WaitForNextTickAsync(limit.Token);
            }
        }
    }

    private async Task LoadAsync(HistoryRequest? request)
    {
        while (request is not null)
        {
            var page = await CallAsync<HistoryPage>("History", request);
            foreach (var message in _engine.Loaded(page.Messages))
                Show(message);
            request = page.HasMore && page.Messages.Length > 0 ? request with { After = page.Messages[^1].Seq } : null;
        }
    }

    private static async Task<T> NextAsync<T>(Channel<T> channel)
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            return await channel.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            throw new TimeoutException($"no {typeof(T).Name} within {Patience}");
        }
    }
}
