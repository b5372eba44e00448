using Dapr.Client;
using ImDapr.MessageService.Telemetry;

namespace ImDapr.MessageService.Inbox;

/// <summary>What is appended to one inbox with one write.</summary>
internal sealed partial class InboxAppends(LaneUser user, IReadOnlyList<PendingAppend> appends, InboxFiller filler, ILogger logger) : ILaneWork
{
    private readonly Dictionary<(string ConversationId, long Seq), long> _positions = [];
    private InboxReaders _readers = InboxReaders.None;

    /// <summary>The inbox has all of it: whoever is to know can be told.</summary>
    public bool IsStored { get; private set; }

    public LaneUser User => user;

    public StoredInbox Inbox => user.Inbox;

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

    /// <summary>Appends what is not there yet; if that is nothing, it is done.</summary>
    /// <returns>Whether there is something to save.</returns>
    public async Task<bool> ApplyAsync(Inbox current, CancellationToken cancellationToken)
    {
        var isChanged = await AppendAsync(current, cancellationToken);
        _readers = current.Readers;
        if (!isChanged)
            Done();
        return isChanged;
    }

    public void Saved(StateTransactionRequest saved)
    {
        Inbox.Saved(saved);
        Done();
    }

    public void Complete()
    {
        foreach (var append in appends)
            append.Complete();
    }

    public async Task DoAloneAsync(CancellationToken cancellationToken)
    {
        _readers = (await Inbox.ChangeAsync(AppendAsync, cancellationToken)).Readers;
        Done();
    }

    public void Fail(Exception exception)
    {
        if (!IsStored)
            Inbox.Forget();
        foreach (var append in appends)
            append.Fail(exception);
    }

    private async Task<bool> AppendAsync(Inbox current, CancellationToken cancellationToken)
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

    private void Done()
    {
        IsStored = true;
        MessageMetrics.AppendBatch.Record(appends.Sum(append => append.References.Count));
        foreach (var append in appends)
            append.Mailing.Answer = new AppendAnswer([.. append.References.Select(reference => _positions[(reference.ConversationId, reference.Seq)])], _readers);
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
        LogGap(appends[0].UserId, from, to, reference.ConversationId);
        var found = await filler.RangeAsync(reference.ConversationId, from, to, reference.JoinSeq, cancellationToken);
        MessageMetrics.CountFilled("append", found.Count);
        foreach (var missing in found)
            current.AppendAfterGap(missing);
        current.Pass(reference.ConversationId, to);
    }

    [LoggerMessage(3001, LogLevel.Debug, "Inbox of {UserId} lacks {From} to {To} of {ConversationId}: filling it first")]
    private partial void LogGap(string userId, long from, long to, string conversationId);
}
