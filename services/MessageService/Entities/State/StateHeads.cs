using System.Collections.Concurrent;

namespace ImDapr.MessageService.Entities.State;

/// <summary>A head to write the next commit upon.</summary>
/// <param name="IsComplete">What stands in its tail is known to lie under its own keys too.</param>
public sealed record LoadedHead(Head Head, string ETag, bool IsComplete);

/// <summary>
/// Heads in the state store, and those that this instance wrote last in memory: a guess that saves a read, and that costs one more round when
/// another instance has made it wrong.
/// </summary>
public sealed class StateHeads(StateClient state)
{
    // 1 KB each mostly, 17 KB for a lively group. Beyond it everything is forgotten, which costs a read per conversation.
    private const int Capacity = 20_000;
    private readonly ConcurrentDictionary<string, Known> _known = new();

    /// <summary>The heads to write upon.</summary>
    public async Task<IReadOnlyDictionary<string, LoadedHead>> LoadAsync(IReadOnlyCollection<string> conversationIds, CancellationToken cancellationToken)
    {
        var heads = new Dictionary<string, LoadedHead>(conversationIds.Count);
        foreach (var conversationId in conversationIds)
        {
            if (_known.TryGetValue(conversationId, out var known) && known.ETag is not null)
                heads.Add(conversationId, new LoadedHead(known.Head, known.ETag, true));
        }
        var stored = await ReadAsync([.. conversationIds.Where(id => !heads.ContainsKey(id))], cancellationToken);
        foreach (var (conversationId, head) in stored)
            heads.Add(conversationId, new LoadedHead(head.Value ?? Head.Empty, head.ETag, IsComplete(conversationId, head.Value)));
        return heads;
    }

    /// <summary>The heads as they are stored.</summary>
    public async Task<IReadOnlyDictionary<string, Versioned<Head>>> ReadAsync(IReadOnlyCollection<string> conversationIds, CancellationToken cancellationToken)
    {
        var heads = await state.GetManyAsync<Head>([.. conversationIds.Select(StateKeys.Head)], cancellationToken);
        return conversationIds.ToDictionary(id => id, id => heads[StateKeys.Head(id)]);
    }

    public async Task<Head> ReadAsync(string conversationId, CancellationToken cancellationToken) =>
        (await state.GetAsync<Head>(StateKeys.Head(conversationId), cancellationToken)).Value ?? Head.Empty;

    /// <summary>
    /// The commit point. A head has no time to live: a conversation that was silent for a while would begin again at seq 1, which inboxes have
    /// had long ago.
    /// </summary>
    /// <returns>False: another instance has written meanwhile.</returns>
    public async Task<bool> TryCommitAsync(string conversationId, Head head, string etag, CancellationToken cancellationToken)
    {
        if (await state.TrySaveAsync(StateKeys.Head(conversationId), head, etag, timeToLive: null, cancellationToken, isDurable: true))
            return true;
        Forget(conversationId);
        return false;
    }

    /// <summary>Writes a head that gives out no seq.</summary>
    /// <returns>False: another instance has written meanwhile.</returns>
    public async Task<bool> TryReplaceAsync(string conversationId, Head head, string etag, CancellationToken cancellationToken)
    {
        var isReplaced = await state.TrySaveAsync(StateKeys.Head(conversationId), head, etag, timeToLive: null, cancellationToken);
        if (isReplaced && _known.TryGetValue(conversationId, out var known) && known.ETag == etag)
            _known.TryUpdate(conversationId, known with { ETag = StateClient.Next(etag) }, known);
        return isReplaced;
    }

    /// <summary>Written here under this ETag, and its tail lies under its own keys too.</summary>
    public void Remember(string conversationId, Head head, string etag)
    {
        if (_known.Count >= Capacity)
            _known.Clear();
        _known[conversationId] = new Known(head with { Tail = [] }, StateClient.Next(etag));
    }

    /// <summary>Another instance's message was seen: only worth knowing for a conversation that is written to here.</summary>
    public void Observe(string conversationId, long seq)
    {
        if (_known.TryGetValue(conversationId, out var known) && known.Head.Last < seq)
            Forget(conversationId);
    }

    /// <summary>The ETag is not to be used any more; that the tail was completed remains true.</summary>
    public void Forget(string conversationId)
    {
        if (_known.TryGetValue(conversationId, out var known))
            _known.TryUpdate(conversationId, known with { ETag = null }, known);
    }

    private bool IsComplete(string conversationId, Head? head) =>
        head is null || head.Tail.Count == 0 || (_known.TryGetValue(conversationId, out var known) && known.Head.Last == head.Last);

    private sealed record Known(Head Head, string? ETag);
}
