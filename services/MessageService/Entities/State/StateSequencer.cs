using ImDapr.Contracts;
using ImDapr.MessageService.Sending;
using ImDapr.MessageService.Telemetry;

namespace ImDapr.MessageService.Entities.State;

/// <summary>
/// Stores a batch of any conversations: each conversation's head is swapped for one with the next seqs and their messages in its tail, and that is
/// the commit. Whoever writes next first completes what the writer before did not live to do, so a message that left the tail is under its keys.
/// </summary>
public sealed partial class StateSequencer(
    StateHeads heads, StateEntities entities, StatePages pages, TimeProvider time, ILogger<StateSequencer> logger)
{
    // Each lost round somebody else's commit succeeded; losing this often means that something else is wrong.
    private const int MaxLostRounds = 20;
    private const int ParallelConversations = 16;

    // Of one commit: with three bytes a character and mentions it stays well below a megabyte, and a list of heads is read in one go.
    private const int CommitCharacters = 128 * 1024;
    private const int CommitMessages = 256;

    /// <summary>Stores the sends, no two with the same key.</summary>
    public async Task<SequencedBatch> StoreAsync(IReadOnlyList<PendingSend> sends, CancellationToken cancellationToken)
    {
        var batch = new SequencedBatch();
        try
        {
            var open = sends;
            for (var lost = 0; open.Count > 0;)
            {
                var before = open.Count;
                open = await RoundAsync(open, batch, cancellationToken);
                lost = open.Count < before ? 0 : lost + 1;
                if (lost == MaxLostRounds)
                    throw new TimeoutException($"{open.Count} messages lost their seq to other instances {MaxLostRounds} times");
            }
            return batch;
        }
        catch
        {
            // Whether a commit took place is unknown: the next round reads the heads again.
            foreach (var send in sends)
                heads.Forget(send.Message.ConversationId);
            throw;
        }
    }

    // The heads are read before the keys of retries: what left a tail has its key by then.
    private async Task<IReadOnlyList<PendingSend>> RoundAsync(IReadOnlyList<PendingSend> open, SequencedBatch batch, CancellationToken cancellationToken)
    {
        var loaded = await heads.LoadAsync([.. open.Select(send => send.Message.ConversationId).Distinct()], cancellationToken);
        var unsent = await AnswerRetriesAsync(open, loaded, batch, cancellationToken);
        var commits = unsent.GroupBy(send => send.Message.ConversationId).Select(group => new Commit(loaded[group.Key], [.. group])).ToList();
        await Parallel.ForEachAsync(
            commits, new ParallelOptions { MaxDegreeOfParallelism = ParallelConversations, CancellationToken = cancellationToken },
            async (commit, token) => commit.IsDone = await TryCommitAsync(commit, token));
        var done = commits.Where(commit => commit.IsDone).ToList();
        await entities.SaveAsync([.. done.SelectMany(commit => commit.Messages)], cancellationToken);
        foreach (var commit in done)
        {
            heads.Remember(commit.ConversationId, commit.Head, commit.Loaded.ETag);
            batch.Add(commit.Sends, [.. commit.Messages.Select(stored => stored.Shown())]);
        }
        MessageMetrics.SequencerRetries.Add(commits.Count - done.Count);
        if (done.Count < commits.Count)
            LogLost(commits.Count - done.Count, commits.Count);
        return [.. commits.SelectMany(commit => commit.IsDone ? commit.Later : commit.All)];
    }

    /// <summary>A retry is answered with what was stored first, wherever that was and whether it is still kept.</summary>
    /// <returns>Those that are no retries.</returns>
    private async Task<List<PendingSend>> AnswerRetriesAsync(
        IReadOnlyList<PendingSend> open, IReadOnlyDictionary<string, LoadedHead> loaded, SequencedBatch batch, CancellationToken cancellationToken)
    {
        var tails = loaded.Values.SelectMany(head => head.Head.Tail)
            .DistinctBy(stored => (stored.Message.SenderId, stored.Message.ClientMessageId))
            .ToDictionary(stored => (stored.Message.SenderId, stored.Message.ClientMessageId), SentRecord.Of);
        var others = open.Where(send => !tails.ContainsKey(send.Key)).Select(send => send.Message).ToList();
        var sent = await entities.FindSentAsync(others, cancellationToken);
        var retries = open
            .Select(send => (Send: send, First: tails.GetValueOrDefault(send.Key) ?? sent.GetValueOrDefault(send.Key)))
            .Where(retry => retry.First is not null)
            .ToDictionary(retry => retry.Send, retry => retry.First!);
        var kept = retries.Count == 0 ? [] : await entities.ReadAsync([.. retries.Values.Select(first => (first.ConversationId, first.Seq))], cancellationToken);
        foreach (var (send, first) in retries)
            batch.Add(send, new StoredSend(kept.GetValueOrDefault((first.ConversationId, first.Seq))?.Shown() ?? Again(send, first), true));
        return [.. open.Where(send => !retries.ContainsKey(send))];
    }

    private async Task<bool> TryCommitAsync(Commit commit, CancellationToken cancellationToken)
    {
        if (!commit.Loaded.IsComplete)
            await entities.CompleteAsync(commit.ConversationId, commit.Loaded.Head, cancellationToken);
        await pages.SaveMarksAsync(commit.ConversationId, commit.Loaded.Head, cancellationToken);
        commit.Propose(time.GetUtcNow().ToUnixTimeMilliseconds());
        return await heads.TryCommitAsync(commit.ConversationId, commit.Head, commit.Loaded.ETag, cancellationToken);
    }

    // The entity is gone; the retry itself says what was in it.
    private static Message Again(PendingSend send, SentRecord first) =>
        send.Message with { ConversationId = first.ConversationId, Seq = first.Seq, SentAt = first.SentAt, FanOut = first.FanOut };

    [LoggerMessage(3112, LogLevel.Debug, "{Lost} of {Count} heads had been written by another instance")]
    private partial void LogLost(int lost, int count);

    /// <summary>What is to be added to one conversation in this round.</summary>
    private sealed class Commit(LoadedHead loaded, IReadOnlyList<PendingSend> all)
    {
        private readonly int _count = CountOf(all);

        public string ConversationId => all[0].Message.ConversationId;

        public LoadedHead Loaded => loaded;

        public IReadOnlyList<PendingSend> All => all;

        public IReadOnlyList<PendingSend> Sends => [.. all.Take(_count)];

        /// <summary>What was too much for one commit.</summary>
        public IReadOnlyList<PendingSend> Later => [.. all.Skip(_count)];

        public IReadOnlyList<StoredMessage> Messages { get; private set; } = [];

        public Head Head { get; private set; } = loaded.Head;

        public bool IsDone { get; set; }

        public void Propose(long now)
        {
            Messages = [.. Sends.Select((send, i) => new StoredMessage(send.Message with { Seq = loaded.Head.Last + 1 + i, SentAt = now }, send.Message.FanOut))];
            Head = loaded.Head.After(Messages);
        }

        private static int CountOf(IReadOnlyList<PendingSend> sends)
        {
            var characters = 0;
            var count = 0;
            while (count < Math.Min(sends.Count, CommitMessages) && (count == 0 || characters < CommitCharacters))
                characters += sends[count++].Bytes;
            return count;
        }
    }
}
