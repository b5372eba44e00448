using ImDapr.Chat.Syncing;

namespace ImDapr.Chat.Accounts;

/// <summary>What one device of one user keeps on disk.</summary>
/// <param name="RefreshToken">Works once; null before the first login.</param>
public sealed record DeviceState(string UserId, string DeviceId, string? RefreshToken, SyncState Sync);
