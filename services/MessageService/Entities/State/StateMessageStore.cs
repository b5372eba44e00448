using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Sending;

namespace ImDapr.MessageService.Entities.State;

/// <summary>
/// Storage model <c>redis</c>: entities in the state store, for a while. An entity goes when its last recipient has acknowledged it, else when its
/// time is over (docs/decisions/0008).
/// </summary>
/// <remarks>
/// head-{conversation}          <see cref="Head"/>           the sequencer: compared and swapped; no time to live
/// msg-{conversation}-{seq}     <see cref="StoredMessage"/>  the entity with its amendment
/// sent-{hash of sender and client message id}               <see cref="SentRecord"/>: what answers a retry
/// page-{conversation}-{n}      <see cref="Page"/>           of 64 seqs: marks and who has still to acknowledge
/// Calls of the state API for a message that comes alone, in a conversation that this instance wrote last:
///   append   3  read of sent, head, transaction of entity and sent (each further message of a batch: 1 read of sent; each further conversation: 1 head)
///   fan-out  2  page read and written (once per page and batch, whatever the number of recipients; none for a timeline)
///   release  2  per recipient and page of an acknowledgement, and 3 for the last recipient: delete, head read and, if it is the newest, written
/// When another instance wrote last: a refused head, then head, page, entities and sent are read. Where ETags are no version numbers: 1 head read.
/// Each 64 messages: 2 for their marks.
/// The same (sender, client message id) sent into two conversations at the same instant by two instances may be stored twice.
/// </remarks>
public sealed class StateMessageStore(
    StateSequencer sequencer, StateHeads heads, StateEntities entities, StatePages pages) : IMessageStore
{
    private const int ParallelPages = 8;

    public int Lanes => 1;

    public int LaneOf(string conversationId) => 0;

    public Task<SequencedBatch> AppendAsync(IReadOnlyList<PendingSend> sends, CancellationToken cancellationToken) =>
        sequencer.StoreAsync(sends, cancellationToken);

    public void Observe(string conversationId, long seq) => heads.Observe(conversationId, seq);

    public async Task<IReadOnlyDictionary<string, long>> HeadsAsync(IReadOnlyCollection<string> conversationIds, CancellationToken cancellationToken) =>
        (await heads.ReadAsync(conversationIds, cancellationToken)).Where(head => head.Value.Value is not null).ToDictionary(head => head.Key, head => head.Value.Value!.Last);

    public async Task<IReadOnlyDictionary<string, ConversationActivity>> ActivityAsync(
        IReadOnlyCollection<Membership> memberships, CancellationToken cancellationToken)
    {
        var stored = await heads.ReadAsync([.. memberships.Select(membership => membership.ConversationId).Distinct()], cancellationToken);
        var activity = new Dictionary<string, ConversationActivity>(memberships.Count);
        foreach (var membership in memberships)
        {
            if (stored[membership.ConversationId].Value is { } head)
                activity[membership.ConversationId] = Activity(head, membership);
        }
        return activity;
    }

    public async Task<IReadOnlyDictionary<(string ConversationId, long Seq), Message>> ReadAsync(
        IReadOnlyCollection<(string ConversationId, long Seq)> keys, CancellationToken cancellationToken) =>
        (await entities.ReadAsync(keys, cancellationToken)).ToDictionary(entity => entity.Key, entity => entity.Value.Shown());

    public async Task<List<Message>> RangeAsync(
        string conversationId, long from, long to, int limit, bool newestFirst, CancellationToken cancellationToken)
    {
        var head = await heads.ReadAsync(conversationId, cancellationToken);
        var range = new StateRange(conversationId, head, pages, entities);
        return await range.ReadAsync(Math.Max(1, from), Math.Min(to - 1, head.Last), limit, newestFirst, cancellationToken);
    }

    // The head is read before the pages: marks are in their page when the head leaves them out.
    public async Task<List<EntityKey>> InboxKeysAsync(string conversationId, long from, long to, CancellationToken cancellationToken)
    {
        var head = await heads.ReadAsync(conversationId, cancellationToken);
        var stored = await pages.ReadAsync(conversationId, PagesOf(Math.Max(1, from), Math.Min(to, head.Marks.From - 1)), cancellationToken);
        return [.. stored.Values.Select(page => page.Marks ?? Marks.None).Append(head.Marks)
            .SelectMany(marks => marks.Read())
            .Where(mark => mark.Seq >= from && mark.Seq <= to && mark.FanOut != FanOutPolicy.Timeline)
            .DistinctBy(mark => mark.Seq)
            .OrderBy(mark => mark.Seq)
            .Select(mark => new EntityKey(conversationId, mark.Seq, mark.SentAt, mark.Recalls))];
    }

    public Task<bool> AmendAsync(
        string conversationId, long seq, Func<Message, Amendment, AmendedMessage?> change, CancellationToken cancellationToken) =>
        entities.AmendAsync(conversationId, seq, change, cancellationToken);

    public Task RetainAsync(IReadOnlyCollection<RetainedMessage> messages, CancellationToken cancellationToken) => ChangeAsync(
        messages, message => (message.ConversationId, message.Seq), (page, message) => page.Retain(message.Seq, message.UserIds), cancellationToken);

    public Task ReleaseAsync(string userId, IReadOnlyCollection<(string ConversationId, long Seq)> keys, CancellationToken cancellationToken) =>
        ChangeAsync(keys, key => key, (page, key) => page.Release(key.Seq, userId), cancellationToken);

    // The page first: who dies before the entity is deleted has not answered, is told again, and deletes it then.
    private async Task ChangeAsync<T>(
        IReadOnlyCollection<T> changes, Func<T, (string ConversationId, long Seq)> keyOf, Func<Page, T, Page> change, CancellationToken cancellationToken)
    {
        var gone = new HashSet<(string ConversationId, long Seq)>();
        await Parallel.ForEachAsync(
            changes.GroupBy(item => (keyOf(item).ConversationId, Page: Page.Of(keyOf(item).Seq))),
            new ParallelOptions { MaxDegreeOfParallelism = ParallelPages, CancellationToken = cancellationToken },
            async (group, token) =>
            {
                var page = await pages.ChangeAsync(group.Key.ConversationId, group.Key.Page, before => group.Aggregate(before, change), token);
                lock (gone)
                    gone.UnionWith(group.Select(keyOf).Where(key => page.IsGone(key.Seq)));
            });
        foreach (var conversation in gone.GroupBy(key => key.ConversationId))
            await entities.DeleteAsync(conversation.Key, conversation.Select(key => key.Seq).ToHashSet(), cancellationToken);
    }

    private static ConversationActivity Activity(Head head, Membership membership)
    {
        var sent = head.Senders.GetValueOrDefault(membership.UserId);
        return new ConversationActivity(head.Last, head.LastAt, sent > membership.ReadSeq ? sent : 0);
    }

    private static List<long> PagesOf(long from, long to)
    {
        var numbers = new List<long>();
        for (var page = Page.Of(from); from <= to && page <= Page.Of(to); page++)
            numbers.Add(page);
        return numbers;
    }
}
