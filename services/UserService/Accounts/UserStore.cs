using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.UserService.Accounts;

/// <summary>Accounts.</summary>
/// <remarks>users (user_id)</remarks>
public sealed class UserStore(SqlClient sql, TimeProvider time)
{
    /// <returns>False when the user id is taken.</returns>
    public async Task<bool> AddAsync(string userId, string displayName, string passwordHash, CancellationToken cancellationToken) =>
        await sql.InsertNewAsync(
            "users", ["user_id", "display_name", "password_hash", "created_at"],
            [[userId, displayName, passwordHash, time.GetUtcNow().ToUnixTimeMilliseconds()]], cancellationToken) == 1;

    public async Task<string?> PasswordHashAsync(string userId, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync("SELECT password_hash FROM users WHERE user_id = ?", [userId], cancellationToken);
        return rows.Count == 0 ? null : rows[0].String("password_hash");
    }

    public async Task<UserProfile?> FindAsync(string userId, CancellationToken cancellationToken) =>
        (await FindAsync([userId], cancellationToken)).FirstOrDefault();

    /// <returns>Those of the users that exist.</returns>
    public async Task<UserProfile[]> FindAsync(IReadOnlyCollection<string> userIds, CancellationToken cancellationToken)
    {
        if (userIds.Count == 0)
            return [];
        var rows = await sql.QueryAsync(
            $"SELECT user_id, display_name FROM users WHERE user_id IN ({SqlClient.Marks(userIds.Count)})", [.. userIds], cancellationToken);
        return [.. rows.Select(row => new UserProfile(row.String("user_id"), row.String("display_name")))];
    }

    public Task RenameAsync(string userId, string displayName, CancellationToken cancellationToken) =>
        sql.ExecuteAsync("UPDATE users SET display_name = ? WHERE user_id = ?", [displayName, userId], cancellationToken);
}
