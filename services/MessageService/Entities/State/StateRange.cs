using ImDapr.Contracts;

namespace ImDapr.MessageService.Entities.State;

/// <summary>Reads what is still there of a conversation; pages tell where nothing is left, without asking for each seq.</summary>
public sealed class StateRange(string conversationId, Head head, StatePages pages, StateEntities entities)
{
    // About a thousand seqs at a time, and as many entities in one call as Dapr carries.
    private const int PagesPerRead = 16;
    private const int EntitiesPerRead = 100;

    public async Task<List<Message>> ReadAsync(long from, long to, int limit, bool newestFirst, CancellationToken cancellationToken)
    {
        var messages = new List<Message>();
        if (from > to)
            return messages;
        var (first, last) = (await FirstKeptAsync(Page.Of(from), Page.Of(to), cancellationToken), Page.Of(to));
        for (var read = 0L; read <= last - first && messages.Count < limit; read += PagesPerRead)
        {
            var seqs = await CandidatesAsync(first, last, read, newestFirst, cancellationToken);
            await AddAsync(messages, [.. seqs.Where(seq => seq >= from && seq <= to)], limit, cancellationToken);
        }
        return messages;
    }

    /// <summary>A page without a key, that had one, has outlived every entity up to its end: whatever is kept begins behind it.</summary>
    private async Task<long> FirstKeptAsync(long first, long last, CancellationToken cancellationToken)
    {
        while (first < last && IsFull(first) && await IsMissingAsync(first, cancellationToken))
        {
            var (low, high) = (first + 1, last);
            while (low < high)
            {
                var middle = low + ((high - low) / 2);
                if (IsFull(middle) && await IsMissingAsync(middle, cancellationToken))
                    low = middle + 1;
                else
                    high = middle;
            }
            first = low;
        }
        return first;
    }

    private async Task<IEnumerable<long>> CandidatesAsync(long first, long last, long read, bool newestFirst, CancellationToken cancellationToken)
    {
        var count = (int)Math.Min(PagesPerRead, last - first - read + 1);
        var numbers = Enumerable.Range(0, count).Select(i => newestFirst ? last - read - i : first + read + i).ToList();
        var stored = await pages.ReadAsync(conversationId, numbers, cancellationToken);
        return numbers
            .Where(page => stored.ContainsKey(page) || !IsFull(page))
            .SelectMany(page => Seqs(page, newestFirst).Where(seq => stored.GetValueOrDefault(page)?.IsGone(seq) != true));
    }

    private async Task AddAsync(List<Message> messages, List<long> seqs, int limit, CancellationToken cancellationToken)
    {
        for (var read = 0; read < seqs.Count && messages.Count < limit; read += EntitiesPerRead)
        {
            var chunk = seqs.GetRange(read, Math.Min(EntitiesPerRead, seqs.Count - read));
            var found = await entities.ReadAsync([.. chunk.Select(seq => (conversationId, seq))], cancellationToken);
            var kept = chunk.Where(seq => found.ContainsKey((conversationId, seq))).Select(seq => found[(conversationId, seq)].Shown());
            messages.AddRange(kept.Take(limit - messages.Count));
        }
    }

    private async Task<bool> IsMissingAsync(long page, CancellationToken cancellationToken) =>
        (await pages.ReadAsync(conversationId, [page], cancellationToken)).Count == 0;

    // Its marks are no longer in the head: it was written.
    private bool IsFull(long page) => Page.LastSeqOf(page) < head.Marks.From;

    private static IEnumerable<long> Seqs(long page, bool newestFirst)
    {
        var seqs = Enumerable.Range(0, Page.Size).Select(i => Page.FirstSeqOf(page) + i);
        return newestFirst ? seqs.Reverse() : seqs;
    }
}
