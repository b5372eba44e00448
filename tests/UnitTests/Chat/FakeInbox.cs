using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.Chat;

/// <summary>What the server promises of one user's inbox, in memory: contiguous positions, an epoch, trimming, rebuilding.</summary>
internal sealed class FakeInbox
{
    private const int PageSize = 3; // small, so that a sync takes several pages
    private static readonly JsonElement Body = JsonSerializer.SerializeToElement(new { text = "x" });
    private readonly Dictionary<string, List<Message>> _conversations = [];
    private readonly Dictionary<string, long> _lastSeq = [];
    private readonly HashSet<string> _timelines = [];
    private readonly HashSet<Message> _outsideInbox = [];
    private List<InboxEntry> _entries = [];
    private long _trimmedTo;
    private int _epoch = 1;

    public IEnumerable<(string ConversationId, long[] Seqs)> Stored =>
        _conversations.Select(conversation => (conversation.Key, conversation.Value.Select(message => message.Seq).ToArray()));

    public InboxEntry Append(string conversationId)
    {
        var entry = new InboxEntry(_entries.Count + 1, Store(conversationId));
        _entries.Add(entry);
        return entry;
    }

    /// <summary>A message that stands in no inbox, whatever those before and after it do.</summary>
    public Message AppendTimeline(string conversationId)
    {
        var message = Store(conversationId);
        _timelines.Add(conversationId);
        _outsideInbox.Add(message);
        return message;
    }

    private Message Store(string conversationId)
    {
        var seq = _lastSeq[conversationId] = _lastSeq.GetValueOrDefault(conversationId) + 1;
        var message = new Message(conversationId, seq, "ann", "d1", $"{conversationId}-{seq}", MessageTypes.Text, Body, null, null, 0);
        if (!_conversations.TryGetValue(conversationId, out var messages))
            _conversations[conversationId] = messages = [];
        messages.Add(message);
        return message;
    }

    /// <summary>A seq that a collision left: stored, never delivered.</summary>
    public void AppendVoid(string conversationId) => _lastSeq[conversationId] = _lastSeq.GetValueOrDefault(conversationId) + 1;

    public void Trim() => _trimmedTo = _entries.Count - Math.Min(_entries.Count, 2);

    /// <summary>All of the inbox was lost and made again from the entities: other positions, the same order within a conversation.</summary>
    public void Rebuild()
    {
        _epoch++;
        _trimmedTo = 0;
        _entries = [.. _conversations.OrderByDescending(c => c.Key).SelectMany(c => c.Value)
            .Where(message => !_outsideInbox.Contains(message)).Select((message, i) => new InboxEntry(i + 1, message))];
    }

    public SyncPage Sync(SyncRequest request)
    {
        var isReset = request.After < _trimmedTo || request.After > _entries.Count || (request.Epoch is not null && request.Epoch != $"{_epoch}");
        var after = isReset ? _trimmedTo : request.After;
        var page = _entries.Skip((int)after).Take(PageSize).ToArray();
        return new(page, after + page.Length, _entries.Count, $"{_epoch}", isReset, [.. _timelines.Select(id => new TimelineHead(id, _lastSeq[id]))]);
    }

    public ConversationSummary[] Conversations() =>
        [.. _conversations.Select(c => new ConversationSummary(c.Key, ConversationKinds.Group, c.Key, null, _lastSeq[c.Key], 0, 0, null))];

    public HistoryPage History(HistoryRequest request)
    {
        var newer = _conversations[request.ConversationId!].Where(message => message.Seq > request.After).ToArray();
        return new(newer[..Math.Min(PageSize, newer.Length)], newer.Length > PageSize);
    }
}
