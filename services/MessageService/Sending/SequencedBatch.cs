using ImDapr.Contracts;

namespace ImDapr.MessageService.Sending;

/// <summary>What a batch of sends became.</summary>
public sealed class SequencedBatch
{
    private readonly List<(PendingSend Send, StoredSend Stored)> _sends = [];

    public IEnumerable<StoredSend> Stored => _sends.Select(pair => pair.Stored);

    // The trace is that of this send, also where the message was stored by an earlier one.
    public void Add(PendingSend send, StoredSend stored) =>
        _sends.Add((send, stored with { Message = stored.Message with { TraceParent = send.Message.TraceParent } }));

    public void Add(IReadOnlyList<PendingSend> sends, IReadOnlyList<Message> messages)
    {
        for (var i = 0; i < sends.Count; i++)
            Add(sends[i], new StoredSend(messages[i], false));
    }

    /// <summary>The entities for fan-out, of each conversation in ascending seq. Retries too: the first time may have died before it was published.</summary>
    public Message[] Messages() =>
        [.. Stored.Select(send => send.Message).OrderBy(message => message.ConversationId, StringComparer.Ordinal).ThenBy(message => message.Seq)];

    public void Acknowledge()
    {
        foreach (var (send, stored) in _sends)
            send.Acknowledge(stored);
    }

    public void Refuse(string code, string sentence)
    {
        foreach (var (send, _) in _sends)
            send.Refuse(code, sentence);
    }
}
