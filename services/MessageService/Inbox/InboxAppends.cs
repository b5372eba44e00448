using ImDapr.MessageService.Telemetry;

namespace ImDapr.MessageService.Inbox;

/// <summary>What is appended to one inbox with one write.</summary>
internal sealed partial class InboxAppends(StoredInbox inbox, IReadOnlyList<PendingAppend> appends, InboxFiller filler, ILogger logger)
{
    private readonly Dictionary<(string ConversationId, long Seq), long> _positions = [];

    public StoredInbox Inbox => inbox;

    public string UserId => appends[0].UserId;

    /// <summary>How long its oldest append has waited.</summary>
    public TimeSpan Age => appends.Max(append => append.Age);

    public IReadOnlyList<PendingAppend> Appends => appends;

    /// <summary>Whether something before one of the references is missing: an event that has been overtaken, or one that never comes.</summary>
    public bool HasGap(Inbox current)
    {
        var held = new Dictionary<string, long>();
        foreach (var reference in Ordered())
        {
            var last = held.TryGetValue(reference.ConversationId, out var appended) ? appended : current.Held(reference.ConversationId, reference.JoinSeq);
            if (reference.Seq > last + 1)
                return true;
            held[reference.ConversationId] = Math.Max(last, reference.Seq);
        }
        return false;
    }

    /// <summary>Appends what is not there yet.</summary>
    /// <returns>Whether there is something to save.</returns>
    public async Task<bool> ApplyAsync(Inbox current, CancellationToken cancellationToken)
    {
        var before = current.Head;
        foreach (var reference in Ordered())
        {
            await FillBeforeAsync(current, reference, cancellationToken);
            _positions[(reference.ConversationId, reference.Seq)] = current.Append(reference);
        }
        // That a void needs no position is found out again whenever it is forgotten.
        return current.Head > before;
    }

    public void Done(InboxReaders readers)
    {
        MessageMetrics.AppendBatch.Record(appends.Sum(append => append.References.Count));
        foreach (var append in appends)
            append.Done(new AppendAnswer([.. append.References.Select(reference => _positions[(reference.ConversationId, reference.Seq)])], readers));
    }

    public void Fail(Exception exception)
    {
        foreach (var append in appends)
            append.Fail(exception);
    }

    // Events overtake each other: what one lacks, another may have brought.
    private IEnumerable<MessageReference> Ordered() => appends.Count == 1
        ? appends[0].References
        : appends.SelectMany(append => append.References).OrderBy(reference => reference.ConversationId, StringComparer.Ordinal).ThenBy(reference => reference.Seq);

    /// <summary>Appends what is missing before this reference: the order within a conversation is never broken (I3).</summary>
    private async Task FillBeforeAsync(Inbox current, MessageReference reference, CancellationToken cancellationToken)
    {
        if (current.GapBefore(reference) is not var (from, to))
            return;
        LogGap(UserId, from, to, reference.ConversationId);
        var found = await filler.RangeAsync(reference.ConversationId, from, to, reference.JoinSeq, cancellationToken);
        MessageMetrics.CountFilled("append", found.Count);
        foreach (var missing in found)
            current.AppendAfterGap(missing);
        current.Pass(reference.ConversationId, to);
    }

    [LoggerMessage(3001, LogLevel.Debug, "Inbox of {UserId} lacks {From} to {To} of {ConversationId}: filling it first")]
    private partial void LogGap(string userId, long from, long to, string conversationId);
}
