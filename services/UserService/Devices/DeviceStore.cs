using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Sql;
using ImDapr.UserService.Tokens;

namespace ImDapr.UserService.Devices;

/// <summary>A device and its session.</summary>
/// <param name="RefreshHash">Hash of the refresh token that works; empty when the session has ended.</param>
/// <param name="UsedHash">Hash of the one before it.</param>
public sealed record DeviceSessionRow(string Platform, string RefreshHash, string UsedHash, long RefreshExpiresAt);

/// <summary>Devices and their sessions.</summary>
/// <remarks>devices (user_id, device_id)</remarks>
public sealed class DeviceStore(SqlClient sql, TimeProvider time)
{
    /// <summary>Begins a session; an older one of the device ends with it.</summary>
    public async Task BeginAsync(RefreshToken token, string platform, DateTimeOffset expires, CancellationToken cancellationToken)
    {
        var now = Now;
        var added = await sql.InsertNewAsync(
            "devices",
            ["user_id", "device_id", "platform", "created_at", "last_seen_at", "refresh_hash", "used_hash", "refresh_expires_at"],
            [[token.UserId, token.DeviceId, platform, now, now, token.Hash, "", expires.ToUnixTimeMilliseconds()]], cancellationToken);
        if (added == 1)
            return;
        await sql.ExecuteAsync(
            "UPDATE devices SET platform = ?, last_seen_at = ?, refresh_hash = ?, used_hash = '', refresh_expires_at = ? WHERE user_id = ? AND device_id = ?",
            [platform, now, token.Hash, expires.ToUnixTimeMilliseconds(), token.UserId, token.DeviceId], cancellationToken);
    }

    public async Task<DeviceSessionRow?> FindAsync(string userId, string deviceId, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync(
            "SELECT platform, refresh_hash, used_hash, refresh_expires_at FROM devices WHERE user_id = ? AND device_id = ?", [userId, deviceId], cancellationToken);
        return rows.Count == 0 ? null
            : new DeviceSessionRow(rows[0].String("platform"), rows[0].String("refresh_hash"), rows[0].String("used_hash"), rows[0].Int64("refresh_expires_at"));
    }

    /// <summary>Replaces a refresh token by the next one; of two that try at once, one does.</summary>
    /// <returns>False when the old token does not work any more.</returns>
    public async Task<bool> RotateAsync(RefreshToken old, RefreshToken next, DateTimeOffset expires, CancellationToken cancellationToken) =>
        await sql.ExecuteAsync(
            "UPDATE devices SET refresh_hash = ?, used_hash = ?, refresh_expires_at = ?, last_seen_at = ? WHERE user_id = ? AND device_id = ? AND refresh_hash = ?",
            [next.Hash, old.Hash, expires.ToUnixTimeMilliseconds(), Now, old.UserId, old.DeviceId, old.Hash], cancellationToken) == 1;

    /// <summary>Ends the session; the device stays in the list.</summary>
    public Task RevokeAsync(string userId, string deviceId, CancellationToken cancellationToken) => sql.ExecuteAsync(
        "UPDATE devices SET refresh_hash = '', used_hash = '' WHERE user_id = ? AND device_id = ?", [userId, deviceId], cancellationToken);

    /// <returns>False when there was no such device.</returns>
    public async Task<bool> RemoveAsync(string userId, string deviceId, CancellationToken cancellationToken) =>
        await sql.ExecuteAsync("DELETE FROM devices WHERE user_id = ? AND device_id = ?", [userId, deviceId], cancellationToken) == 1;

    public async Task<Device[]> ListAsync(string userId, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync(
            "SELECT device_id, platform, created_at, last_seen_at FROM devices WHERE user_id = ? ORDER BY device_id", [userId], cancellationToken);
        return [.. rows.Select(row => new Device(row.String("device_id"), row.String("platform"), row.Int64("created_at"), row.Int64("last_seen_at")))];
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();
}
