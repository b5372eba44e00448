using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.UserService.Contacts;

/// <summary>Who has blocked whom.</summary>
/// <remarks>blocks (user_id, blocked_id)</remarks>
public sealed class BlockStore(SqlClient sql, TimeProvider time)
{
    // SQLite refuses an expression that is 1,000 levels deep, and each OR is one.
    private const int PairsPerQuery = 400;

    public Task AddAsync(string userId, string blockedId, CancellationToken cancellationToken) => sql.InsertNewAsync(
        "blocks", ["user_id", "blocked_id", "created_at"], [[userId, blockedId, time.GetUtcNow().ToUnixTimeMilliseconds()]], cancellationToken);

    public Task RemoveAsync(string userId, string blockedId, CancellationToken cancellationToken) =>
        sql.ExecuteAsync("DELETE FROM blocks WHERE user_id = ? AND blocked_id = ?", [userId, blockedId], cancellationToken);

    public async Task<string[]> ListAsync(string userId, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync("SELECT blocked_id FROM blocks WHERE user_id = ? ORDER BY blocked_id", [userId], cancellationToken);
        return [.. rows.Select(row => row.String("blocked_id"))];
    }

    /// <returns>Those of the pairs that are blocked.</returns>
    public async Task<BlockPair[]> BlockedAsync(IReadOnlyCollection<BlockPair> pairs, CancellationToken cancellationToken)
    {
        var blocked = new List<BlockPair>();
        foreach (var chunk in pairs.Chunk(PairsPerQuery))
        {
            var where = string.Join(" OR ", Enumerable.Repeat("(user_id = ? AND blocked_id = ?)", chunk.Length));
            var rows = await sql.QueryAsync(
                $"SELECT user_id, blocked_id FROM blocks WHERE {where}", [.. chunk.SelectMany(pair => new object?[] { pair.UserId, pair.BlockedId })], cancellationToken);
            blocked.AddRange(rows.Select(row => new BlockPair(row.String("user_id"), row.String("blocked_id"))));
        }
        return [.. blocked];
    }

    /// <returns>Those of the users who have blocked anybody.</returns>
    public async Task<string[]> BlockersAsync(IEnumerable<string> userIds, CancellationToken cancellationToken)
    {
        var blockers = new List<string>();
        foreach (var chunk in userIds.Distinct().Chunk(PairsPerQuery))
        {
            var rows = await sql.QueryAsync($"SELECT DISTINCT user_id FROM blocks WHERE user_id IN ({SqlClient.Marks(chunk.Length)})", chunk, cancellationToken);
            blockers.AddRange(rows.Select(row => row.String("user_id")));
        }
        return [.. blockers];
    }

    /// <returns>Those of the users who have blocked this one.</returns>
    public async Task<IReadOnlySet<string>> BlockersAsync(string blockedId, IReadOnlyCollection<string> userIds, CancellationToken cancellationToken)
    {
        if (userIds.Count == 0)
            return new HashSet<string>();
        var rows = await sql.QueryAsync(
            $"SELECT user_id FROM blocks WHERE blocked_id = ? AND user_id IN ({SqlClient.Marks(userIds.Count)})", [blockedId, .. userIds], cancellationToken);
        return rows.Select(row => row.String("user_id")).ToHashSet();
    }
}
