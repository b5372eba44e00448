using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Sending;

namespace ImDapr.MessageService.Entities;

/// <summary>
/// Message entities, each stored once under (conversation, seq), and what gives out the seqs. Two storage models implement it
/// (docs/storage-models.md); every invariant holds for both, but that what is kept for a while only is gone after it.
/// </summary>
public interface IMessageStore
{
    /// <summary>How many batches are stored beside each other: one that is held up holds up nobody else's conversations.</summary>
    int Lanes { get; }

    /// <summary>The lane of a conversation, from 0; always the same.</summary>
    int LaneOf(string conversationId);

    /// <summary>
    /// Gives each send the next seq of its conversation and stores it; a retry (sender, clientMessageId) is answered with what it stored first.
    /// No two sends of one call have the same key.
    /// </summary>
    /// <exception cref="Dapr.DaprException">The store is away; whether anything was stored is unknown, and a repeat is harmless.</exception>
    Task<SequencedBatch> AppendAsync(IReadOnlyList<PendingSend> sends, CancellationToken cancellationToken);

    /// <summary>Another instance's message was seen: spares a lost race, no more.</summary>
    void Observe(string conversationId, long seq);

    /// <summary>The last seq of each conversation; one without messages is missing.</summary>
    Task<IReadOnlyDictionary<string, long>> HeadsAsync(IReadOnlyCollection<string> conversationIds, CancellationToken cancellationToken);

    /// <summary>What a conversation list needs of each membership's conversation; one without messages is missing.</summary>
    Task<IReadOnlyDictionary<string, ConversationActivity>> ActivityAsync(IReadOnlyCollection<Membership> memberships, CancellationToken cancellationToken);

    /// <summary>The entities under these keys; one that does not exist, or is no longer kept, is missing.</summary>
    Task<IReadOnlyDictionary<(string ConversationId, long Seq), Message>> ReadAsync(
        IReadOnlyCollection<(string ConversationId, long Seq)> keys, CancellationToken cancellationToken);

    /// <summary>Up to <paramref name="limit"/> messages with <paramref name="from"/> ≤ seq &lt; <paramref name="to"/>, newest or oldest first; voids left out.</summary>
    Task<List<Message>> RangeAsync(string conversationId, long from, long to, int limit, bool newestFirst, CancellationToken cancellationToken);

    /// <summary>
    /// Those with <paramref name="from"/> ≤ seq ≤ <paramref name="to"/> that get a position in inboxes, in ascending seq. When this has returned,
    /// no other seq of the range will ever need one: holes were closed.
    /// </summary>
    Task<List<EntityKey>> InboxKeysAsync(string conversationId, long from, long to, CancellationToken cancellationToken);

    /// <summary>Changes body and amendment of a stored message by compare and swap; <paramref name="change"/> may be asked several times.</summary>
    /// <param name="change">What it becomes; null leaves it as it is.</param>
    /// <returns>False when there is no such message, or nothing was to change.</returns>
    Task<bool> AmendAsync(
        string conversationId, long seq, Func<Message, Amendment, AmendedMessage?> change, CancellationToken cancellationToken);

    /// <summary>These users are going to get references: the entity stays until each has released it (storage model <c>redis</c>; else nothing).</summary>
    Task RetainAsync(IReadOnlyCollection<RetainedMessage> messages, CancellationToken cancellationToken);

    /// <summary>The user's devices have acknowledged these: counted once for each user, however often it is told.</summary>
    Task ReleaseAsync(string userId, IReadOnlyCollection<(string ConversationId, long Seq)> keys, CancellationToken cancellationToken);
}

/// <summary>A message that gets a position in inboxes.</summary>
/// <param name="Recalls">Seq that it recalls, or null.</param>
public sealed record EntityKey(string ConversationId, long Seq, long SentAt, long? Recalls);

/// <param name="LastAt">Unix milliseconds, UTC, of the last message.</param>
/// <param name="SentSeq">The member's own last seq beyond its read mark; 0 for none.</param>
public sealed record ConversationActivity(long LastSeq, long LastAt, long SentSeq);

/// <param name="UserIds">Who gets a reference to it.</param>
public sealed record RetainedMessage(string ConversationId, long Seq, IReadOnlyCollection<string> UserIds);
