using Dapr.Actors.Runtime;

namespace ImDapr.MessageService.Inbox;

/// <summary>An inbox in actor state.</summary>
/// <remarks>
/// tail         epoch, first and tail segment, the entries of the tail: the one key that an append writes
/// held         last seq of each conversation when the tail was begun; written when a segment is sealed
/// segment-{n}  a sealed segment
/// One save is one transaction, so a sealed segment, the new tail and held are never seen apart.
/// </remarks>
public sealed class InboxStore(IActorStateManager state)
{
    /// <summary>The inbox, or null when there is none: a new user, or Redis lost it, or lost what belongs to the tail.</summary>
    public async Task<Inbox?> LoadAsync(CancellationToken cancellationToken)
    {
        var tail = await state.TryGetStateAsync<string>("tail", cancellationToken);
        if (!tail.HasValue)
            return null;
        var held = await state.TryGetStateAsync<string>("held", cancellationToken);
        var inbox = InboxText.Read(tail.Value, held.HasValue ? held.Value : "");
        // A tail without its held seqs was written after a loss by an actor that still remembered: going on would append everything again.
        return inbox.TailSegment > 0 && !held.HasValue ? null : inbox;
    }

    public async Task SaveAsync(Inbox inbox, IReadOnlyList<SealedSegment> sealedNow, IReadOnlyList<long> dropped, CancellationToken cancellationToken)
    {
        foreach (var segment in sealedNow)
            await state.SetStateAsync(SegmentKey(segment.Index), InboxText.WriteSegment(segment.Entries), cancellationToken);
        if (sealedNow.Count > 0)
            await state.SetStateAsync("held", InboxText.WriteHeld(inbox.HeldSeqs), cancellationToken);
        foreach (var index in dropped)
            await state.TryRemoveStateAsync(SegmentKey(index), cancellationToken);
        await state.SetStateAsync("tail", InboxText.WriteTail(inbox), cancellationToken);
        await state.SaveStateAsync(cancellationToken);
        foreach (var segment in sealedNow)
            await state.UnloadStateAsync(SegmentKey(segment.Index), cancellationToken: cancellationToken);
    }

    /// <summary>A sealed segment, or null when the store has lost it.</summary>
    public async Task<IReadOnlyList<InboxReference>?> SegmentAsync(long index, CancellationToken cancellationToken)
    {
        var segment = await state.TryGetStateAsync<string>(SegmentKey(index), cancellationToken);
        if (!segment.HasValue)
            return null;
        // Read once and seldom: an active actor must not keep its user's whole past in memory.
        await state.UnloadStateAsync(SegmentKey(index), cancellationToken: cancellationToken);
        return InboxText.ReadSegment(segment.Value);
    }

    private static string SegmentKey(long index) => $"segment-{index}";
}
