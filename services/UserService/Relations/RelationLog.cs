using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.UserService.Relations;

/// <summary>Changes of groups and contacts that are not done with: written before they are carried out, deleted once they were told.</summary>
/// <remarks>
/// relation_changes (kind, subject, version)
/// The key makes changes take turns: who has read version n may claim n + 1, and one does. The next claim needs version n + 1 to be there, so
/// there is never more than one change of a subject that is not carried out, and whoever finds it can carry it out from its event alone.
/// </remarks>
public sealed class RelationLog(SqlClient sql, TimeProvider time)
{
    /// <param name="change">The change, with the version that it wants.</param>
    /// <param name="source"><c>FROM … WHERE …</c> that finds one row as long as the subject is at the version before.</param>
    /// <param name="parameters">Parameters of <paramref name="source"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the subject has another version, or somebody else has claimed the next.</returns>
    public async Task<bool> ClaimAsync(RelationChanged change, string source, object?[] parameters, CancellationToken cancellationToken) =>
        await sql.InsertNewAsync(
            $"INSERT INTO relation_changes (kind, subject, version, claimed_at, event) SELECT ?, ?, ?, ?, ? {source}", "kind",
            [change.Kind, change.Subject, change.Version, Now, JsonSerializer.Serialize(change, ContractsJson.Wire), .. parameters], cancellationToken) == 1;

    public async Task<RelationChanged?> FindAsync(ChangeKey key, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync(
            "SELECT event FROM relation_changes WHERE kind = ? AND subject = ? AND version = ?", [key.Kind, key.Subject, key.Version], cancellationToken);
        return rows.Count == 0 ? null : JsonSerializer.Deserialize<RelationChanged>(rows[0].String("event"), ContractsJson.Wire);
    }

    /// <summary>Changes that have been here for this long, so that nobody is likely to be at work on them; without their events, which may be long.</summary>
    public async Task<IReadOnlyList<ChangeKey>> LeftBehindAsync(TimeSpan age, int limit, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync(
            $"SELECT kind, subject, version FROM relation_changes WHERE claimed_at <= ? ORDER BY claimed_at, version LIMIT {limit}",
            [Now - (long)age.TotalMilliseconds], cancellationToken);
        return [.. rows.Select(row => new ChangeKey(row.String("kind"), row.String("subject"), row.Int64("version")))];
    }

    public Task DeleteAsync(ChangeKey key, CancellationToken cancellationToken) => sql.ExecuteAsync(
        "DELETE FROM relation_changes WHERE kind = ? AND subject = ? AND version = ?", [key.Kind, key.Subject, key.Version], cancellationToken);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();
}

public sealed record ChangeKey(string Kind, string Subject, long Version)
{
    public static ChangeKey Of(RelationChanged change) => new(change.Kind, change.Subject, change.Version);
}
