using System.Collections.Concurrent;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Sending;

namespace ImDapr.UnitTests.MessageService.Inboxes;

/// <summary>The entity store, which tells what was released, and from which entities may be missing as when their time was over.</summary>
internal sealed class WatchedMessages(IMessageStore store) : IMessageStore
{
    public ConcurrentQueue<(string UserId, string ConversationId, long Seq)> Released { get; } = [];

    public ConcurrentDictionary<(string ConversationId, long Seq), bool> Gone { get; } = [];

    /// <summary>Keys that were asked for.</summary>
    public ConcurrentQueue<(string ConversationId, long Seq)> Asked { get; } = [];

    public int Lanes => store.Lanes;

    public int LaneOf(string conversationId) => store.LaneOf(conversationId);

    public Task<SequencedBatch> AppendAsync(IReadOnlyList<PendingSend> sends, CancellationToken cancellationToken) => store.AppendAsync(sends, cancellationToken);

    public void Observe(string conversationId, long seq) => store.Observe(conversationId, seq);

    public Task<IReadOnlyDictionary<string, long>> HeadsAsync(IReadOnlyCollection<string> conversationIds, CancellationToken cancellationToken) =>
        store.HeadsAsync(conversationIds, cancellationToken);

    public Task<IReadOnlyDictionary<string, ConversationActivity>> ActivityAsync(
        IReadOnlyCollection<Membership> memberships, CancellationToken cancellationToken) => store.ActivityAsync(memberships, cancellationToken);

    public async Task<IReadOnlyDictionary<(string ConversationId, long Seq), Message>> ReadAsync(
        IReadOnlyCollection<(string ConversationId, long Seq)> keys, CancellationToken cancellationToken)
    {
        foreach (var key in keys)
            Asked.Enqueue(key);
        var found = await store.ReadAsync(keys, cancellationToken);
        return found.Where(message => !Gone.ContainsKey(message.Key)).ToDictionary();
    }

    public Task<List<Message>> RangeAsync(string conversationId, long from, long to, int limit, bool newestFirst, CancellationToken cancellationToken) =>
        store.RangeAsync(conversationId, from, to, limit, newestFirst, cancellationToken);

    public Task<List<EntityKey>> InboxKeysAsync(string conversationId, long from, long to, CancellationToken cancellationToken) =>
        store.InboxKeysAsync(conversationId, from, to, cancellationToken);

    public Task<bool> AmendAsync(
        string conversationId, long seq, Func<Message, Amendment, AmendedMessage?> change, CancellationToken cancellationToken) =>
        store.AmendAsync(conversationId, seq, change, cancellationToken);

    public Task RetainAsync(IReadOnlyCollection<RetainedMessage> messages, CancellationToken cancellationToken) => store.RetainAsync(messages, cancellationToken);

    public Task ReleaseAsync(string userId, IReadOnlyCollection<(string ConversationId, long Seq)> keys, CancellationToken cancellationToken)
    {
        foreach (var (conversationId, seq) in keys)
            Released.Enqueue((userId, conversationId, seq));
        return store.ReleaseAsync(userId, keys, cancellationToken);
    }
}
