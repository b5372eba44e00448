using System.Text.Json;

namespace ImDapr.MessageArchive;

/// <summary>The event on <c>im.messages</c>, as much of it as is needed here.</summary>
public sealed record StoredMessages(StoredMessage[] Messages);

public sealed record StoredMessage(string ConversationId, long Seq, string SenderId, string Type, JsonElement Body, long? ReplyTo, long SentAt);

/// <summary>
/// Texts that can be searched. Events come at least once and in any order: (conversation, seq) names a message for ever, so a repeat changes
/// nothing, and what was recalled is never found, even if its recall comes first. A real one keeps this in a search engine.
/// </summary>
public sealed class Archive
{
    private const int Capacity = 100_000;
    private const int MostFound = 50;
    private readonly Lock _gate = new();
    private readonly Dictionary<(string ConversationId, long Seq), Entry> _entries = [];
    private readonly Queue<(string, long)> _oldest = new();

    public void Take(IEnumerable<StoredMessage> messages)
    {
        lock (_gate)
        {
            foreach (var message in messages)
                Take(message);
        }
    }

    public StoredMessage[] Search(string text)
    {
        lock (_gate)
            return [.. _entries.Values.Where(entry => entry.Holds(text)).Select(entry => entry.Message!).OrderByDescending(message => message.SentAt).Take(MostFound)];
    }

    private void Take(StoredMessage message)
    {
        switch (message.Type)
        {
            case "text":
                EntryOf(message.ConversationId, message.Seq).Message ??= message;
                break;
            case "edit":
                EntryOf(message.ConversationId, message.ReplyTo!.Value).Edit(message.Seq, message.Body.GetProperty("body"));
                break;
            case "recall":
                EntryOf(message.ConversationId, message.ReplyTo!.Value).IsRecalled = true;
                break;
        }
    }

    private Entry EntryOf(string conversationId, long seq)
    {
        if (_entries.TryGetValue((conversationId, seq), out var known))
            return known;
        _oldest.Enqueue((conversationId, seq));
        if (_oldest.Count > Capacity)
            _entries.Remove(_oldest.Dequeue());
        return _entries[(conversationId, seq)] = new Entry();
    }

    private sealed class Entry
    {
        private long _editedBy;
        private JsonElement? _edited;

        public StoredMessage? Message { get; set; }

        public bool IsRecalled { get; set; }

        public void Edit(long seq, JsonElement body)
        {
            if (seq > _editedBy)
                (_editedBy, _edited) = (seq, body);
        }

        public bool Holds(string text) =>
            !IsRecalled && Message is not null && TextOf(_edited ?? Message.Body).Contains(text, StringComparison.OrdinalIgnoreCase);

        private static string TextOf(JsonElement body) =>
            body.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String ? text.GetString()! : "";
    }
}
