using System.Collections.Concurrent;

namespace ImDapr.MessageService.Entities.Sql;

/// <summary>
/// The last seq of the conversations that this instance writes to. Only a guess that saves a query: the table decides, and a guess that another
/// instance has made wrong costs one more round.
/// </summary>
public sealed class ConversationHeads
{
    // About 20 MB. Beyond it everything is forgotten, which costs one query per batch until it is known again.
    private const int Capacity = 100_000;
    private readonly ConcurrentDictionary<string, long> _heads = new();

    public bool TryGet(string conversationId, out long seq) => _heads.TryGetValue(conversationId, out seq);

    /// <summary>This seq is in the table.</summary>
    public void Raise(string conversationId, long seq)
    {
        if (_heads.Count >= Capacity)
            _heads.Clear();
        _heads.AddOrUpdate(conversationId, seq, (_, known) => Math.Max(known, seq));
    }

    /// <summary>Another instance's message was seen: only worth knowing for a conversation that is written to here.</summary>
    public void Observe(string conversationId, long seq)
    {
        if (_heads.TryGetValue(conversationId, out var known) && known < seq)
            _heads.TryUpdate(conversationId, seq, known);
    }

    public void Forget(string conversationId) => _heads.TryRemove(conversationId, out _);
}
