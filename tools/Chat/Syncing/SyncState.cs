namespace ImDapr.Chat.Syncing;

/// <summary>What a device keeps of its inbox between two runs.</summary>
/// <param name="Position">Last position that was shown.</param>
/// <param name="Epoch">The epoch that <paramref name="Position"/> belongs to; null before the first sync.</param>
/// <param name="Shown">Last seq shown of each conversation: what outlives an epoch.</param>
public sealed record SyncState(long Position, string? Epoch, IReadOnlyDictionary<string, long> Shown)
{
    public static readonly SyncState Empty = new(0, null, new Dictionary<string, long>());
}
