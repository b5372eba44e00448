using System.Reflection;
using Dapr;
using Dapr.Client;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ImDapr.ServiceDefaults.Sql;

/// <param name="Schema">Name of the owning service's set of migrations.</param>
/// <param name="Assembly">Holds them as embedded resources <c>Migrations/0001_what.sql</c>.</param>
public sealed record MigrationSet(string Schema, Assembly Assembly);

/// <summary>
/// Runs a service's numbered migrations in each of its databases before it listens. Several instances may start at once: one holds the lease, the
/// others wait for it.
/// </summary>
/// <remarks>
/// schema_migrations (schema_name, number, name, applied_at)   what has run
/// schema_locks      (schema_name, owner, expires_at)          a lease, since the binding gives each statement any connection
/// schema_shards     (schema_name, shard, shards)              which of how many databases this is, for good
/// A statement must be safe to repeat (IF NOT EXISTS): data definition in MySQL is in no transaction, and a process may die half-way. MySQL and
/// SQLite have no such clause for a column, so an <c>ALTER TABLE t ADD COLUMN c</c> is left out when the column is there.
/// </remarks>
public sealed partial class MigrationRunner(
    SqlShards shards, DaprClient dapr, MigrationSet set, TimeProvider time, ILogger<MigrationRunner> logger) : IHostedLifecycleService
{
    // Longer than any migration of ours takes; a dead owner delays the next start by this much.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan SidecarWait = TimeSpan.FromSeconds(60);
    private readonly string _owner = Guid.NewGuid().ToString("N");

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await WaitForSidecarAsync(cancellationToken);
        for (var shard = 0; shard < shards.All.Count; shard++)
        {
            await CreateTablesAsync(shards.All[shard], cancellationToken);
            await ClaimAsync(shards.All[shard], shard, cancellationToken);
            await MigrateAsync(shards.All[shard], cancellationToken);
        }
    }

    private async Task MigrateAsync(SqlClient sql, CancellationToken cancellationToken)
    {
        await AcquireAsync(sql, cancellationToken);
        try
        {
            await ApplyAsync(sql, cancellationToken);
        }
        finally
        {
            // Not cancelled: a lease left behind would hold up every other instance until it expires.
            await ReleaseAsync(sql, CancellationToken.None);
        }
    }

    private async Task WaitForSidecarAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(SidecarWait);
        await dapr.WaitForSidecarAsync(limit.Token);
    }

    private async Task CreateTablesAsync(SqlClient sql, CancellationToken cancellationToken)
    {
        await sql.ExecuteAsync(
            """
            CREATE TABLE IF NOT EXISTS schema_migrations (
              schema_name VARCHAR(64) NOT NULL, number INT NOT NULL, name VARCHAR(128) NOT NULL, applied_at BIGINT NOT NULL,
              PRIMARY KEY (schema_name, number))
            """, [], cancellationToken);
        await sql.ExecuteAsync(
            """
            CREATE TABLE IF NOT EXISTS schema_locks (
              schema_name VARCHAR(64) NOT NULL, owner VARCHAR(64) NOT NULL, expires_at BIGINT NOT NULL, PRIMARY KEY (schema_name))
            """, [], cancellationToken);
        await sql.InsertNewAsync("schema_locks", ["schema_name", "owner", "expires_at"], [[set.Schema, "", 0L]], cancellationToken);
        await sql.ExecuteAsync(
            "CREATE TABLE IF NOT EXISTS schema_shards (schema_name VARCHAR(64) NOT NULL, shard INT NOT NULL, shards INT NOT NULL, PRIMARY KEY (schema_name))",
            [], cancellationToken);
    }

    /// <summary>Bindings in another order, or more of them, would look for rows where they are not: what is stored would seem lost.</summary>
    /// <exception cref="InvalidOperationException">The database has another place.</exception>
    private async Task ClaimAsync(SqlClient sql, int shard, CancellationToken cancellationToken)
    {
        await sql.InsertNewAsync("schema_shards", ["schema_name", "shard", "shards"], [[set.Schema, shard, shards.All.Count]], cancellationToken);
        var row = (await sql.QueryAsync("SELECT shard, shards FROM schema_shards WHERE schema_name = ?", [set.Schema], cancellationToken)).Single();
        if ((row.Int64("shard"), row.Int64("shards")) == (shard, shards.All.Count))
            return;
        throw new InvalidOperationException(
            $"The database of binding {sql.Binding} is number {row.Int64("shard") + 1} of {row.Int64("shards")} of schema {set.Schema}, but its place in the list of bindings is {shard + 1} of {shards.All.Count}.");
    }

    private async Task AcquireAsync(SqlClient sql, CancellationToken cancellationToken)
    {
        while (!await TryAcquireAsync(sql, cancellationToken))
        {
            LogWaiting(set.Schema);
            await Task.Delay(TimeSpan.FromMilliseconds(500), time, cancellationToken);
        }
    }

    private async Task<bool> TryAcquireAsync(SqlClient sql, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return await sql.ExecuteAsync(
            "UPDATE schema_locks SET owner = ?, expires_at = ? WHERE schema_name = ? AND expires_at < ?",
            [_owner, now + (long)Lease.TotalMilliseconds, set.Schema, now], cancellationToken) == 1;
    }

    private Task ReleaseAsync(SqlClient sql, CancellationToken cancellationToken) => sql.ExecuteAsync(
        "UPDATE schema_locks SET owner = '', expires_at = 0 WHERE schema_name = ? AND owner = ?", [set.Schema, _owner], cancellationToken);

    private async Task ApplyAsync(SqlClient sql, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync("SELECT number FROM schema_migrations WHERE schema_name = ?", [set.Schema], cancellationToken);
        var applied = rows.Select(row => row.Int64("number")).ToHashSet();
        foreach (var migration in Migration.ReadAll(set.Assembly).Where(migration => !applied.Contains(migration.Number)))
            await ApplyAsync(sql, migration, cancellationToken);
    }

    private async Task ApplyAsync(SqlClient sql, Migration migration, CancellationToken cancellationToken)
    {
        foreach (var statement in migration.Statements)
        {
            if (!await HasColumnAsync(sql, AddedColumn.Of(statement), cancellationToken))
                await sql.ExecuteAsync(statement, [], cancellationToken);
        }
        await sql.InsertNewAsync(
            "schema_migrations", ["schema_name", "number", "name", "applied_at"],
            [[set.Schema, migration.Number, migration.Name, time.GetUtcNow().ToUnixTimeMilliseconds()]], cancellationToken);
        LogApplied(set.Schema, migration.Name);
    }

    private async Task<bool> HasColumnAsync(SqlClient sql, AddedColumn? added, CancellationToken cancellationToken)
    {
        if (added is null)
            return false;
        try
        {
            await sql.QueryAsync($"SELECT {added.Column} FROM {added.Table} WHERE 1 = 0", [], cancellationToken);
            return true;
        }
        catch (DaprException unknown)
        {
            // Most likely there is no such column. If it is an outage, the statement that follows says so.
            LogAdding(unknown.Message, added.Table, added.Column);
            return false;
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(100, LogLevel.Information, "Schema {Schema}: applied {Migration}")]
    private partial void LogApplied(string schema, string migration);

    [LoggerMessage(102, LogLevel.Debug, "Adding {Table}.{Column}, since it cannot be read: {Reason}")]
    private partial void LogAdding(string reason, string table, string column);

    [LoggerMessage(101, LogLevel.Information, "Schema {Schema}: another instance migrates, waiting")]
    private partial void LogWaiting(string schema);
}
