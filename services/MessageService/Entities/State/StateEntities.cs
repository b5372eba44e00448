using Dapr;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Observability;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Entities.State;

/// <summary>Entities under their own keys, with the tails of heads behind them: what is committed is readable whoever has died since.</summary>
public sealed partial class StateEntities(
    StateClient state, StateHeads heads, StatePages pages, IOptions<StorageOptions> options, TimeProvider time, ILogger<StateEntities> logger)
{
    // Others amend the same message meanwhile; losing so often means that something else is wrong.
    private const int MaxSwaps = 20;

    /// <summary>What exists of these; what is nowhere is missing.</summary>
    public async Task<Dictionary<(string ConversationId, long Seq), StoredMessage>> ReadAsync(
        IReadOnlyCollection<(string ConversationId, long Seq)> keys, CancellationToken cancellationToken)
    {
        var names = keys.Distinct().ToDictionary(key => StateKeys.Entity(key.ConversationId, key.Seq));
        var stored = await state.GetSomeAsync<StoredMessage>(names.Keys, cancellationToken);
        var found = stored.ToDictionary(entity => names[entity.Key], entity => entity.Value.Value!);
        var missing = names.Values.Where(key => !found.ContainsKey(key)).ToList();
        if (missing.Count > 0)
            await AddMissingAsync(found, missing, cancellationToken);
        return found;
    }

    /// <summary>What was just committed gets its own keys. Nobody has to wait for it to be read, but the next commit has to.</summary>
    public async Task SaveAsync(IReadOnlyList<StoredMessage> messages, CancellationToken cancellationToken)
    {
        try
        {
            await state.CreateAsync([.. messages.SelectMany(stored => new[] { EntityState(stored), SentState(stored) })], cancellationToken);
        }
        catch (DaprException exception)
        {
            // Another instance was faster with one of them and it was amended since; if the store is away, this says so.
            LogSavedSingly(exception, messages.Count);
            await SaveSinglyAsync(messages, cancellationToken);
        }
    }

    /// <summary>
    /// Does for a tail what its writer perhaps did not live to do. An entity that has gone since stays gone, but for one that goes in this very
    /// moment: that one stays until its time is over.
    /// </summary>
    public async Task CompleteAsync(string conversationId, Head head, CancellationToken cancellationToken)
    {
        var counts = await pages.ReadAsync(conversationId, [.. head.Tail.Select(stored => Page.Of(stored.Message.Seq)).Distinct()], cancellationToken);
        var present = await state.GetSomeAsync<object>(
            [.. head.Tail.SelectMany(stored => new[] { StateKeys.Entity(conversationId, stored.Message.Seq), StateKeys.Sent(stored.Message) })], cancellationToken);
        await state.CreateAsync([.. head.Tail.Select(SentState).Where(sent => !present.ContainsKey(sent.Key))], cancellationToken);
        var lacking = head.Tail.Where(stored =>
            IsKept(stored)
            && counts.GetValueOrDefault(Page.Of(stored.Message.Seq))?.IsGone(stored.Message.Seq) != true
            && !present.ContainsKey(StateKeys.Entity(conversationId, stored.Message.Seq)));
        foreach (var stored in lacking)
            await CreateAsync(stored, cancellationToken);
    }

    /// <summary>What answers a retry of each send, by its sender and client message id.</summary>
    public async Task<IReadOnlyDictionary<(string, string), SentRecord>> FindSentAsync(IReadOnlyCollection<Message> messages, CancellationToken cancellationToken)
    {
        var names = messages.ToDictionary(StateKeys.Sent, message => (message.SenderId, message.ClientMessageId));
        var sent = await state.GetEachAsync<SentRecord>(names.Keys, cancellationToken);
        return sent.Where(record => record.Value.Value is not null).ToDictionary(record => names[record.Key], record => record.Value.Value!);
    }

    /// <remarks>One that goes in the moment it is changed may come back on Redis, where an ETag fits a missing key too: until its time is over.</remarks>
    public async Task<bool> AmendAsync(
        string conversationId, long seq, Func<Message, Amendment, AmendedMessage?> change, CancellationToken cancellationToken)
    {
        var key = StateKeys.Entity(conversationId, seq);
        for (var swaps = 0; swaps < MaxSwaps; swaps++)
        {
            var stored = await state.GetAsync<StoredMessage>(key, cancellationToken);
            if (stored.Value is not { } before)
            {
                if (!await CompletesAsync(conversationId, seq, cancellationToken))
                    return false;
                continue;
            }
            if (change(before.Shown(), before.Amendment ?? Amendment.None) is not { } changed)
                return false;
            var after = before with { Message = before.Message with { Body = changed.Body }, Amendment = changed.Amendment };
            if (await state.TrySaveAsync(key, after, stored.ETag, TimeLeft(before.Message), cancellationToken))
                return true;
            ServiceMetrics.CountConflict("message");
        }
        throw new TimeoutException($"Message {seq} of {conversationId} was changed {MaxSwaps} times by others meanwhile");
    }

    /// <summary>Everybody has acknowledged these: their content goes, from the head too if it stands there.</summary>
    public async Task DeleteAsync(string conversationId, IReadOnlySet<long> seqs, CancellationToken cancellationToken)
    {
        await state.DeleteAsync([.. seqs.Select(seq => StateKeys.Entity(conversationId, seq))], cancellationToken);
        for (var swaps = 0; swaps < MaxSwaps; swaps++)
        {
            var stored = await state.GetAsync<Head>(StateKeys.Head(conversationId), cancellationToken);
            if (stored.Value?.Without(seqs) is not { } head || await heads.TryReplaceAsync(conversationId, head, stored.ETag, cancellationToken))
                return;
        }
        // It is a lively conversation whose next commit replaces the tail.
        LogLeftInHead(conversationId, seqs.Count);
    }

    // The head is read after the entities: what had no key of its own then stood in the tail, or got its key before it left the tail. So those
    // that are in neither are asked for once more, one by one, because a bulk read tells an error as a missing key.
    private async Task AddMissingAsync(
        Dictionary<(string ConversationId, long Seq), StoredMessage> found, List<(string ConversationId, long Seq)> missing, CancellationToken cancellationToken)
    {
        var tails = await heads.ReadAsync([.. missing.Select(key => key.ConversationId).Distinct()], cancellationToken);
        var committed = tails.Values.SelectMany(head => head.Value?.Tail ?? []).ToDictionary(stored => (stored.Message.ConversationId, stored.Message.Seq));
        var again = missing.Where(key => !committed.ContainsKey(key)).ToDictionary(key => StateKeys.Entity(key.ConversationId, key.Seq));
        foreach (var key in missing)
        {
            if (committed.TryGetValue(key, out var stored) && IsKept(stored))
                found.Add(key, stored);
        }
        foreach (var (name, stored) in await state.GetEachAsync<StoredMessage>(again.Keys, cancellationToken))
        {
            if (stored.Value is { } entity)
                found.Add(again[name], entity);
        }
    }

    private async Task<bool> CompletesAsync(string conversationId, long seq, CancellationToken cancellationToken)
    {
        var head = await heads.ReadAsync(conversationId, cancellationToken);
        if (!head.Tail.Any(stored => stored.Message.Seq == seq && IsKept(stored)))
            return false;
        await CompleteAsync(conversationId, head, cancellationToken);
        return (await state.GetAsync<object>(StateKeys.Entity(conversationId, seq), cancellationToken)).Exists;
    }

    private async Task SaveSinglyAsync(IReadOnlyList<StoredMessage> messages, CancellationToken cancellationToken)
    {
        await state.CreateAsync([.. messages.Select(SentState)], cancellationToken);
        foreach (var stored in messages)
            await CreateAsync(stored, cancellationToken);
    }

    // That it is there already, perhaps amended, is as good.
    private Task<bool> CreateAsync(StoredMessage stored, CancellationToken cancellationToken) => state.TrySaveAsync(
        StateKeys.Entity(stored.Message.ConversationId, stored.Message.Seq), stored, "", TimeLeft(stored.Message), cancellationToken);

    private NewState EntityState(StoredMessage stored) => NewState.Of(
        StateKeys.Entity(stored.Message.ConversationId, stored.Message.Seq), stored, TimeLeft(stored.Message), isFirstWrite: true);

    private NewState SentState(StoredMessage stored) =>
        NewState.Of(StateKeys.Sent(stored.Message), SentRecord.Of(stored), options.Value.EntityTtl, isFirstWrite: false);

    private bool IsKept(StoredMessage stored) => !stored.IsGone && TimeLeft(stored.Message) > TimeSpan.Zero;

    private TimeSpan TimeLeft(Message message)
    {
        var end = DateTimeOffset.FromUnixTimeMilliseconds(message.SentAt) + options.Value.EntityTtl;
        if (message.ExpiresAt is { } expiresAt && expiresAt < end.ToUnixTimeMilliseconds())
            end = DateTimeOffset.FromUnixTimeMilliseconds(expiresAt);
        return end - time.GetUtcNow();
    }

    [LoggerMessage(3110, LogLevel.Debug, "{Count} messages could not be written in one call; they are written one by one")]
    private partial void LogSavedSingly(Exception exception, int count);

    [LoggerMessage(3111, LogLevel.Information, "{Count} acknowledged messages stay in the head of {ConversationId} until the next message")]
    private partial void LogLeftInHead(string conversationId, int count);
}
