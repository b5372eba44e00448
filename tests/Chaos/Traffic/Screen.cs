using ImDapr.Contracts;

namespace ImDapr.Chaos.Traffic;

/// <summary>What one device has shown to its user, and what was wrong with it at once. Thread-safe.</summary>
internal sealed class Screen(string name)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<(long Seq, string ClientMessageId)>> _shown = [];
    private readonly HashSet<string> _ids = [];
    private readonly List<string> _duplicates = [];
    private readonly List<string> _disorders = [];
    private readonly List<string> _gaps = [];
    private TaskCompletionSource _grown = New();

    public string Name => name;

    public void Show(Message message)
    {
        lock (_lock)
        {
            if (!_shown.TryGetValue(message.ConversationId, out var conversation))
                _shown[message.ConversationId] = conversation = [];
            if (message.Type == MessageTypes.Text && message.ClientMessageId is { } id && !_ids.Add($"{message.SenderId}/{id}"))
                _duplicates.Add($"{name} saw {id} twice, the second time as {message.ConversationId}/{message.Seq}");
            if (conversation.Count > 0 && message.Seq <= conversation[^1].Seq)
                _disorders.Add($"{name} saw {message.ConversationId}/{message.Seq} after {conversation[^1].Seq}");
            conversation.Add((message.Seq, message.ClientMessageId ?? ""));
            _grown.TrySetResult();
        }
    }

    /// <summary>A hole where positions must be contiguous.</summary>
    public void Miss(string what)
    {
        lock (_lock)
            _gaps.Add($"{name}: {what}");
    }

    /// <summary>Last seq shown of a conversation; 0 for none.</summary>
    public long Head(string conversationId)
    {
        lock (_lock)
            return _shown.TryGetValue(conversationId, out var conversation) ? conversation[^1].Seq : 0;
    }

    /// <summary>Ends when the conversation has been shown up to this seq.</summary>
    public async Task ReachedAsync(string conversationId, long seq, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task grown;
            lock (_lock)
            {
                if (Head(conversationId) >= seq)
                    return;
                if (_grown.Task.IsCompleted)
                    _grown = New();
                grown = _grown.Task;
            }
            await grown.WaitAsync(cancellationToken);
        }
    }

    public IReadOnlyList<(long Seq, string ClientMessageId)> Conversation(string conversationId)
    {
        lock (_lock)
            return _shown.TryGetValue(conversationId, out var conversation) ? [.. conversation] : [];
    }

    /// <summary>Takes away what was found wrong since the last time.</summary>
    public (string[] Duplicates, string[] Disorders, string[] Gaps) TakeFaults()
    {
        lock (_lock)
        {
            (string[], string[], string[]) faults = ([.. _duplicates], [.. _disorders], [.. _gaps]);
            _duplicates.Clear();
            _disorders.Clear();
            _gaps.Clear();
            return faults;
        }
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
