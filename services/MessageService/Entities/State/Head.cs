using ImDapr.Contracts;

namespace ImDapr.MessageService.Entities.State;

/// <summary>
/// A conversation's head: what is compared and swapped gives out the seqs, and a message exists exactly if a head with it in its tail was written.
/// </summary>
/// <param name="Last">The last seq.</param>
/// <param name="LastAt">When that was sent.</param>
/// <param name="Senders">The last own seq of the newest <see cref="MaxSenders"/> senders.</param>
/// <param name="Marks">Marks of the newest seqs, those of full pages that lie in their page already left out.</param>
/// <param name="Tail">The messages of the last commit: perhaps nowhere else yet.</param>
public sealed record Head(
    long Last, long LastAt, IReadOnlyDictionary<string, long> Senders, Marks Marks, IReadOnlyList<StoredMessage> Tail)
{
    // 14 KB at most. Who is not among them counts as having sent nothing, so that its unread count may hold older messages of its own.
    private const int MaxSenders = 200;

    public static readonly Head Empty = new(0, 0, new Dictionary<string, long>(), Marks.None, []);

    /// <summary>Marks of full pages, page by page: they have to lie in their pages before the next commit leaves them out.</summary>
    public IEnumerable<(long Page, Marks Marks)> FullPages() => Marks.Read()
        .GroupBy(mark => Page.Of(mark.Seq))
        .Where(page => Page.LastSeqOf(page.Key) <= Last)
        .Select(page => (page.Key, Marks.Of([.. page], 0)));

    /// <summary>The head after these messages, whose seqs follow the last one; the full pages have been written.</summary>
    public Head After(IReadOnlyList<StoredMessage> messages)
    {
        var last = messages[^1].Message;
        var kept = Marks.Read().Where(mark => Page.LastSeqOf(Page.Of(mark.Seq)) > Last);
        return new Head(last.Seq, last.SentAt, SendersAfter(messages), Marks.Of([.. kept, .. messages.Select(MarkOf)], last.Seq + 1), messages);
    }

    /// <summary>The same with these seqs emptied of their content, or null when the tail holds none of them.</summary>
    public Head? Without(IReadOnlySet<long> gone) => Tail.Any(stored => !stored.IsGone && gone.Contains(stored.Message.Seq))
        ? this with { Tail = [.. Tail.Select(stored => gone.Contains(stored.Message.Seq) ? stored.AsGone() : stored)] }
        : null;

    private static Mark MarkOf(StoredMessage stored) => new(
        stored.Message.Seq, stored.FanOut, stored.Message.SentAt, stored.Message.Type == MessageTypes.Recall ? stored.Message.ReplyTo : null);

    private Dictionary<string, long> SendersAfter(IReadOnlyList<StoredMessage> messages)
    {
        var senders = new Dictionary<string, long>(Senders);
        foreach (var stored in messages)
            senders[stored.Message.SenderId] = stored.Message.Seq;
        return senders.Count <= MaxSenders ? senders : senders.OrderByDescending(sender => sender.Value).Take(MaxSenders).ToDictionary();
    }
}
