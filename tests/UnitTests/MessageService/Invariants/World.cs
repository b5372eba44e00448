using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.FanOut;
using ImDapr.MessageService.Inbox;
using ImDapr.MessageService.Sending;

namespace ImDapr.UnitTests.MessageService.Invariants;

/// <summary>
/// A small world in which everything between two processes may be lost, repeated, reordered or done twice: two instances of message-service, two
/// activations of every user's actor, two devices of every user. What stores, sequences, fans out, files and shows is the real thing, over a sidecar.
/// </summary>
internal sealed class World : IAsyncDisposable
{
    public static readonly string[] Users = ["ann", "bob", "carl"];
    public static readonly string[] Conversations = ["d:ann:bob", "g:one", "g:two"];

    private readonly Lock _gate = new();
    private readonly WorldStores _stores;
    private readonly Dictionary<string, UserInbox[]> _actors = [];
    private readonly Dictionary<(string ConversationId, string UserId), List<(long Join, long Left)>> _visible = [];
    private readonly Dictionary<string, HashSet<(string ConversationId, long Seq)>> _acknowledged = [];
    private InboxWriter[] _appenders;
    private long _version;

    private World(WorldStores stores) => (_stores, _appenders) = (stores, [stores.Appender(), stores.Appender()]);

    /// <summary>What was ever stored, whether it was acknowledged or not.</summary>
    public SortedDictionary<(string ConversationId, long Seq), Message> Stored { get; } = [];

    public List<(Message Sent, SendAck Ack)> Acknowledged { get; } = [];

    /// <summary>What a device of the user has shown and acknowledged.</summary>
    public HashSet<(string ConversationId, long Seq)> AcknowledgedBy(string userId) =>
        _acknowledged.TryGetValue(userId, out var acknowledged) ? acknowledged : _acknowledged[userId] = [];

    /// <summary>Events of stored batches that are under way.</summary>
    public List<Message[]> Events { get; } = [];

    /// <summary>Pushes that are under way.</summary>
    public List<(string UserId, InboxEntry Entry)> Pushes { get; } = [];

    public List<ModelDevice> Devices { get; } = [];

    public bool HasLostState { get; private set; }

    public static async Task<World> StartAsync(string model)
    {
        var world = new World(await WorldStores.StartAsync(model));
        // Any of its messages may be read as a timeline: instances that know of a change and those that do not store side by side.
        await world._stores.Members.SetTimelineAsync(Conversations, TimelineState.Now, CancellationToken.None);
        foreach (var userId in Users)
        {
            world._actors[userId] = [world._stores.Inbox(userId), world._stores.Inbox(userId)];
            world.Devices.Add(new ModelDevice(world, userId, "phone"));
            world.Devices.Add(new ModelDevice(world, userId, "desk"));
            foreach (var conversationId in Conversations.Where(id => id != "d:ann:bob" || userId != "carl"))
                await world.JoinAsync(conversationId, userId);
        }
        return world;
    }

    public UserInbox Actor(string userId, int activation) => _actors[userId][activation];

    /// <summary>What an instance appends and acknowledges with.</summary>
    public InboxWriter Lanes(int instance) => _appenders[instance];

    public IMessageStore Store(int instance) => _stores.Messages[instance];

    /// <summary>Sends through one instance; a crash after the store keeps the answer and the event from everybody.</summary>
    public async Task SendAsync(int instance, string senderId, string conversationId, int count, FanOutPolicy policy, bool crash)
    {
        if (!IsMember(conversationId, senderId))
            return;
        var sends = Enumerable.Range(0, count).Select(_ => Pending(senderId, conversationId, policy)).ToList();
        await SendAsync(instance, sends, crash);
    }

    /// <summary>Sends again what was acknowledged before, together with something new.</summary>
    public async Task RetryAsync(int instance, int which)
    {
        if (Acknowledged.Count == 0)
            return;
        var (sent, _) = Acknowledged[which % Acknowledged.Count];
        await SendAsync(instance, [new PendingSend(sent), Pending(sent.SenderId, sent.ConversationId, sent.FanOut)], crash: false);
    }

    /// <summary>Fans an event out to those inboxes that can be reached.</summary>
    public async Task FanOutAsync(int instance, Message[] messages, Func<string, int> activationOf)
    {
        var members = new Dictionary<string, ConversationMembers>();
        foreach (var conversationId in Mailings.Conversations(messages))
        {
            var rows = await _stores.Members.OfConversationAsync(conversationId, CancellationToken.None);
            members[conversationId] = new ConversationMembers(rows.Where(row => row.IsActive).ToDictionary(row => row.UserId));
        }
        var mailings = Mailings.Of(messages, members);
        await Store(instance).RetainAsync(Mailings.Retained(messages, mailings), CancellationToken.None);
        foreach (var mailing in mailings.Where(mailing => activationOf(mailing.UserId) >= 0))
        {
            await _appenders[activationOf(mailing.UserId)].Append([mailing])[0];
            lock (_gate)
                Pushes.AddRange(mailing.Entries().Select(entry => (mailing.UserId, new InboxEntry(entry.Position, messages[entry.Message]))));
        }
    }

    /// <summary>What was pushed stands in the inbox, as whoever is activated next finds it (I4).</summary>
    public async Task CheckPushAsync(string userId, InboxEntry entry)
    {
        var page = await _stores.Inbox(userId).SyncAsync(new ActorSync(null, new SyncRequest(entry.Position - 1, 1)), CancellationToken.None);
        if (page.Value!.Reset || page.Value.Entries is not [var stored])
            return; // trimmed, or of an inbox that was lost
        Assert.Equal((entry.Position, entry.Message.ConversationId, entry.Message.Seq), (stored.Position, stored.Message.ConversationId, stored.Message.Seq));
    }

    public void Deactivate(string userId, int activation) =>
        (_actors[userId][activation], _appenders[activation]) = (_stores.Inbox(userId), _stores.Appender());

    /// <summary>All of Redis is gone, and with it what anybody remembered of it.</summary>
    public async Task LoseStateAsync()
    {
        HasLostState = true;
        await _stores.LoseStateAsync();
        foreach (var userId in Users)
            _actors[userId] = [_stores.Inbox(userId), _stores.Inbox(userId)];
        _appenders = [_stores.Appender(), _stores.Appender()];
        Pushes.Clear();
    }

    public async Task JoinAsync(string conversationId, string userId)
    {
        if (IsMember(conversationId, userId))
            return;
        // As the reconciler does it: what was seen before an earlier leave is filed first.
        if (_visible.ContainsKey((conversationId, userId)))
            await Actor(userId, 0).SyncAsync(new ActorSync(null, new SyncRequest(0, 1)), CancellationToken.None);
        var join = await HeadAsync(conversationId) + 1;
        var membership = new Membership(userId, conversationId, Roles.Member, join, 0, 0, 0, ++_version);
        await _stores.Members.AddAsync([membership], CancellationToken.None);
        await _stores.Members.DecideAsync(membership, CancellationToken.None);
        if (!_visible.TryGetValue((conversationId, userId), out var visible))
            _visible[(conversationId, userId)] = visible = [];
        visible.Add((join, long.MaxValue));
    }

    public async Task LeaveAsync(string conversationId, string userId)
    {
        if (!conversationId.StartsWith('g') || !IsMember(conversationId, userId))
            return;
        var left = await HeadAsync(conversationId) + 1;
        var visible = _visible[(conversationId, userId)];
        await _stores.Members.DecideAsync(
            new Membership(userId, conversationId, Roles.Member, visible[^1].Join, left, 0, 0, ++_version), CancellationToken.None);
        visible[^1] = (visible[^1].Join, left);
    }

    /// <summary>Whether nothing is kept of a message: there entities go when every recipient has acknowledged them.</summary>
    public async Task<bool> IsGoneAsync(string conversationId, long seq) => (await Store(0).ReadAsync([(conversationId, seq)], CancellationToken.None)).Count == 0;

    public bool IsVisible(string userId, string conversationId, long seq) =>
        _visible.TryGetValue((conversationId, userId), out var visible) && visible.Exists(range => seq >= range.Join && seq < range.Left);

    public bool IsMember(string conversationId, string userId) =>
        _visible.TryGetValue((conversationId, userId), out var visible) && visible[^1].Left == long.MaxValue;

    /// <summary>What of a conversation the user may see.</summary>
    public IEnumerable<Message> Visible(string userId, string conversationId) =>
        Stored.Values.Where(message => message.ConversationId == conversationId && IsVisible(userId, conversationId, message.Seq));

    /// <summary>First seq of the user's last membership.</summary>
    public long BeginOf(string userId, string conversationId) =>
        _visible.TryGetValue((conversationId, userId), out var visible) ? visible[^1].Join : long.MaxValue;

    /// <summary>All of the user's inbox, as a new activation reads it.</summary>
    public async Task<List<InboxEntry>> InboxAsync(string userId)
    {
        var inbox = _stores.Inbox(userId);
        var entries = new List<InboxEntry>();
        for (var after = 0L; ;)
        {
            var page = (await inbox.SyncAsync(new ActorSync(null, new SyncRequest(after, Limits.PageSize)), CancellationToken.None)).Value!;
            entries.AddRange(page.Entries);
            after = page.Next;
            if (page.Next >= page.Head)
                return entries;
        }
    }

    public async Task<HistoryPage> HistoryAsync(string userId, HistoryRequest request)
    {
        if (!IsMember(request.ConversationId!, userId))
            return new HistoryPage([], false);
        var membership = new Membership(userId, request.ConversationId!, Roles.Member, _visible[(request.ConversationId!, userId)][^1].Join, 0, 0, 0, 0);
        return await _stores.Timelines.ReadAsync(request, membership, CancellationToken.None);
    }

    public async Task<ConversationSummary[]> ConversationsAsync(string userId)
    {
        var summaries = new List<ConversationSummary>();
        foreach (var conversationId in Conversations.Where(id => IsMember(id, userId)))
            summaries.Add(new ConversationSummary(conversationId, "", "", null, await HeadAsync(conversationId), 0, 0, null));
        return [.. summaries];
    }

    public ValueTask DisposeAsync() => _stores.DisposeAsync();

    private async Task SendAsync(int instance, IReadOnlyList<PendingSend> sends, bool crash)
    {
        var batch = await Store(instance).AppendAsync(sends, CancellationToken.None);
        batch.Acknowledge();
        lock (_gate)
        {
            foreach (var stored in batch.Stored)
                Stored[(stored.Message.ConversationId, stored.Message.Seq)] = stored.Message;
            if (crash)
                return;
            Events.Add(batch.Messages());
            foreach (var send in sends)
                Acknowledged.Add((send.Message, send.Answer.Result.Value!));
        }
    }

    private static PendingSend Pending(string senderId, string conversationId, FanOutPolicy policy)
    {
        var id = Guid.NewGuid().ToString("N");
        var body = JsonSerializer.SerializeToElement(new { text = id });
        return new PendingSend(new Message(conversationId, 0, senderId, "d1", id, MessageTypes.Text, body, null, null, 0) { FanOut = policy });
    }

    private async Task<long> HeadAsync(string conversationId) =>
        (await Store(0).HeadsAsync([conversationId], CancellationToken.None)).GetValueOrDefault(conversationId);
}
