using System.Net.Http.Headers;
using System.Net.Http.Json;
using ImDapr.Chat;
using ImDapr.Chat.Accounts;
using ImDapr.Contracts;

namespace ImDapr.Chaos.Traffic;

/// <summary>
/// A device without a socket, and the auditor of its user's inbox: it reads every page as the server gives it and notes each position that is not the next.
/// It shares no code with the sync engine, so that the two check each other.
/// </summary>
internal sealed class Poller : IAsyncDisposable
{
    private const int WaitSeconds = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(700);

    private readonly HttpClient _http;
    private readonly TokenSource _tokens;
    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<string, long> _heads = [];
    private readonly Dictionary<string, long> _inboxHeads = []; // of this epoch
    private Task _reading = Task.CompletedTask;
    private long _position;
    private string? _epoch;

    public Poller(string userId, Uri origin)
    {
        var options = new ChatOptions(userId, origin.ToString(), null, "poller", Json: true, "", Linger: 0, Until: null);
        _http = new HttpClient { BaseAddress = origin, Timeout = TimeSpan.FromSeconds(20) };
        _tokens = new TokenSource(options, new ImApi(_http), StateFile.InMemory(options), TimeProvider.System);
        Screen = new Screen($"{userId}/poller");
    }

    public Screen Screen { get; }

    public void Start() => _reading = ReadAsync();

    /// <summary>Seqs up to the head of this conversation are in no inbox: they are read by History.</summary>
    private async Task ReadTimelineAsync(TimelineHead timeline, CancellationToken cancellationToken)
    {
        while (_heads.GetValueOrDefault(timeline.ConversationId) is var known && known < timeline.LastSeq)
        {
            var page = await GetAsync<HistoryPage>($"api/conversations/{timeline.ConversationId}/messages?after={known}&limit={Limits.PageSize}", cancellationToken);
            foreach (var message in page.Messages)
                Take(message);
            if (!page.HasMore || page.Messages.Length == 0)
                _heads[timeline.ConversationId] = Math.Max(timeline.LastSeq, _heads.GetValueOrDefault(timeline.ConversationId));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _reading;
        _tokens.Dispose();
        _http.Dispose();
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await PageAsync(_stop.Token);
                await Task.Delay(Pause, _stop.Token);
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return; // the run has ended
            }
            catch (Exception) // an outage, however the client tells of it (a connection that is reset early is a bare SocketException)
            {
                await Task.Delay(Pause, CancellationToken.None);
            }
        }
    }

    private async Task PageAsync(CancellationToken cancellationToken)
    {
        var page = await GetAsync<SyncPage>(
            $"api/inbox?after={_position}&limit={Limits.PageSize}&waitSeconds={WaitSeconds}&epoch={_epoch}", cancellationToken);
        foreach (var timeline in page.Timelines)
            await ReadTimelineAsync(timeline, cancellationToken);
        if (page.Reset)
            await ReloadAsync(page, cancellationToken);
        else if (_epoch is not null && page.Epoch != _epoch)
            Screen.Miss($"epoch {page.Epoch} instead of {_epoch} without a reset");
        if (page.Reset)
            _inboxHeads.Clear();
        for (var i = 0; i < page.Entries.Length; i++)
            Check(page, i);
        (_position, _epoch) = (page.Next, page.Epoch);
    }

    private void Check(SyncPage page, int index)
    {
        var entry = page.Entries[index];
        var expected = index > 0 ? page.Entries[index - 1].Position + 1 : _position + 1;
        // After a reset the inbox begins wherever it begins.
        if (entry.Position != expected && !(page.Reset && index == 0))
            Screen.Miss($"position {entry.Position} where {expected} was to come");
        var (conversationId, seq) = (entry.Message.ConversationId, entry.Message.Seq);
        if (seq <= _inboxHeads.GetValueOrDefault(conversationId))
            Screen.Miss($"the inbox holds {conversationId}/{seq} after {_inboxHeads[conversationId]}");
        _inboxHeads[conversationId] = seq;
        Take(entry.Message);
    }

    // What the old inbox held and the new one does not is read by conversation, as the protocol says.
    private async Task ReloadAsync(SyncPage page, CancellationToken cancellationToken)
    {
        foreach (var group in page.Entries.GroupBy(entry => entry.Message.ConversationId))
            await ReadTimelineAsync(new TimelineHead(group.Key, group.Min(entry => entry.Message.Seq) - 1), cancellationToken);
        foreach (var known in _heads.Keys.Except(page.Entries.Select(entry => entry.Message.ConversationId)).ToArray())
            await ReadToEndAsync(known, cancellationToken);
    }

    private async Task ReadToEndAsync(string conversationId, CancellationToken cancellationToken)
    {
        HistoryPage page;
        do
        {
            page = await GetAsync<HistoryPage>(
                $"api/conversations/{conversationId}/messages?after={_heads.GetValueOrDefault(conversationId)}&limit={Limits.PageSize}", cancellationToken);
            foreach (var message in page.Messages)
                Take(message);
        }
        while (page is { HasMore: true, Messages.Length: > 0 });
    }

    private void Take(Message message)
    {
        if (message.Seq <= _heads.GetValueOrDefault(message.ConversationId))
            return; // read by History already
        _heads[message.ConversationId] = message.Seq;
        Screen.Show(message);
    }

    private async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await _tokens.GetAsync(cancellationToken));
        using var response = await _http.SendAsync(request, cancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<T>(ContractsJson.Wire, cancellationToken))!;
    }
}
