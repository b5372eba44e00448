using ImDapr.Contracts;
using ImDapr.MessageService.Sending;
using ImDapr.MessageService.Telemetry;

namespace ImDapr.MessageService.Entities.Sql;

/// <summary>
/// Stores a batch of any conversations with one insert; the table's keys are the sequencer (design: no lock, no leader). A row that lost its seq
/// to another instance gets a new one, a retry answers with what it stored first, and a seq that a retry left empty is closed by a void entity
/// before the batch is acknowledged.
/// </summary>
public sealed partial class SqlSequencer(SqlMessageTable table, ConversationHeads heads, TimeProvider time, ILogger<SqlSequencer> logger)
{
    // Each round somebody's insert succeeded; losing this often means that something else is wrong.
    private const int MaxRounds = 20;

    /// <summary>Stores the sends, no two with the same key.</summary>
    /// <returns>What stands in the table for each of them, and the voids that were written.</returns>
    public async Task<SequencedBatch> StoreAsync(IReadOnlyList<PendingSend> sends, CancellationToken cancellationToken)
    {
        var batch = new SequencedBatch();
        try
        {
            IReadOnlyList<PendingSend> open = sends;
            for (var round = 0; open.Count > 0; round++)
            {
                if (round == MaxRounds)
                    throw new TimeoutException($"{open.Count} messages lost their seq to other instances {MaxRounds} times");
                open = await RoundAsync(open, batch, cancellationToken);
            }
            return batch;
        }
        catch
        {
            // Whether the insert took place is unknown: the next round asks the table again.
            foreach (var send in sends)
                heads.Forget(send.Message.ConversationId);
            throw;
        }
    }

    private async Task<IReadOnlyList<PendingSend>> RoundAsync(
        IReadOnlyList<PendingSend> open, SequencedBatch batch, CancellationToken cancellationToken)
    {
        var proposed = await ProposeAsync(open, cancellationToken);
        var inserted = await table.InsertAsync(proposed, cancellationToken);
        if (inserted == proposed.Count)
        {
            batch.Add(open, proposed);
            RaiseHeads(proposed);
            return [];
        }
        LogCollision(proposed.Count - inserted, proposed.Count);
        MessageMetrics.SequencerRetries.Add(proposed.Count - inserted);
        return await SettleAsync(open, proposed, inserted, batch, cancellationToken);
    }

    /// <summary>Gives every send the next seq of its conversation, as far as is known here.</summary>
    private async Task<List<Message>> ProposeAsync(IReadOnlyList<PendingSend> open, CancellationToken cancellationToken)
    {
        var next = new Dictionary<string, long>();
        var unknown = new List<string>();
        foreach (var conversationId in open.Select(send => send.Message.ConversationId).Distinct())
        {
            if (heads.TryGet(conversationId, out var known))
                next[conversationId] = known;
            else
                unknown.Add(conversationId);
        }
        if (unknown.Count > 0)
        {
            var stored = await table.HeadsAsync(unknown, cancellationToken);
            foreach (var conversationId in unknown)
                next[conversationId] = stored.GetValueOrDefault(conversationId);
        }
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return [.. open.Select(send => send.Message with { Seq = ++next[send.Message.ConversationId], SentAt = now })];
    }

    /// <summary>After a collision: sorts out what was stored now, what before, and what must try again.</summary>
    private async Task<IReadOnlyList<PendingSend>> SettleAsync(
        IReadOnlyList<PendingSend> open, List<Message> proposed, int inserted, SequencedBatch batch, CancellationToken cancellationToken)
    {
        var found = (await table.FindSentAsync(proposed, cancellationToken)).ToDictionary(message => (message.SenderId, message.ClientMessageId));
        var again = new List<PendingSend>();
        var unused = new List<Message>();
        for (var i = 0; i < open.Count; i++)
        {
            if (!found.TryGetValue(open[i].Key, out var stored))
            {
                heads.Forget(open[i].Message.ConversationId);
                again.Add(open[i]);
                continue;
            }
            // Another instance may have stored the same retry under the same seq in the same millisecond; where nothing was inserted, none is ours.
            var isOurs = inserted > 0 && (stored.ConversationId, stored.Seq, stored.SentAt) == (proposed[i].ConversationId, proposed[i].Seq, proposed[i].SentAt);
            batch.Add(open[i], new StoredSend(stored, !isOurs));
            if (!isOurs)
                unused.Add(proposed[i]);
        }
        await CloseHolesAsync(unused, batch, cancellationToken);
        return again;
    }

    /// <summary>A retry had been given a seq that it did not take. Below a stored seq that would be a hole.</summary>
    private async Task CloseHolesAsync(List<Message> unused, SequencedBatch batch, CancellationToken cancellationToken)
    {
        var last = batch.Stored.Where(send => !send.IsDuplicate)
            .GroupBy(send => send.Message.ConversationId)
            .ToDictionary(group => group.Key, group => group.Max(send => send.Message.Seq));
        var voids = unused
            .Where(message => last.TryGetValue(message.ConversationId, out var seq) && message.Seq < seq)
            .Select(message => SqlMessageTable.VoidAt(message.ConversationId, message.Seq, message.SentAt))
            .ToList();
        if (voids.Count == 0)
            return;
        await table.InsertAsync(voids, cancellationToken);
        foreach (var conversationId in voids.Select(message => message.ConversationId).Distinct())
            heads.Forget(conversationId);
    }

    private void RaiseHeads(List<Message> stored)
    {
        foreach (var message in stored)
            heads.Raise(message.ConversationId, message.Seq);
    }

    [LoggerMessage(3101, LogLevel.Debug, "{Collisions} of {Count} rows were retries or lost their seq to another instance")]
    private partial void LogCollision(int collisions, int count);
}
