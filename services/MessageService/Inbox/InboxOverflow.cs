using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.MessageService.Inbox;

/// <summary>Segments of inboxes beyond their capacity in the state store; in the database of the user id.</summary>
/// <remarks>inbox_overflow (user_id, epoch, segment)   the text of a sealed segment; never changes</remarks>
public sealed class InboxOverflow(SqlShards shards)
{
    // A segment of references is some KiB; of full copies 1.6 MiB, which is why a statement is cut by size too.
    private const int MaxRows = 50;
    private const int MaxCharacters = 500_000;

    public async Task AddAsync(string userId, string epoch, IEnumerable<(long Index, string Entries)> segments, CancellationToken cancellationToken)
    {
        var rows = new List<object?[]>();
        var characters = 0;
        foreach (var (index, entries) in segments)
        {
            if (rows.Count == MaxRows || (rows.Count > 0 && characters + entries.Length > MaxCharacters))
            {
                await InsertAsync(userId, rows, cancellationToken);
                rows.Clear();
                characters = 0;
            }
            rows.Add([userId, epoch, index, entries]);
            characters += entries.Length;
        }
        if (rows.Count > 0)
            await InsertAsync(userId, rows, cancellationToken);
    }

    public async Task<string?> ReadAsync(string userId, string epoch, long segment, CancellationToken cancellationToken)
    {
        var rows = await shards.Of(userId).QueryAsync(
            "SELECT entries FROM inbox_overflow WHERE user_id = ? AND epoch = ? AND segment = ?", [userId, epoch, segment], cancellationToken);
        return rows.Count == 0 ? null : rows[0].String("entries");
    }

    public Task DeleteBeforeAsync(string userId, string epoch, long segment, CancellationToken cancellationToken) => shards.Of(userId).ExecuteAsync(
        "DELETE FROM inbox_overflow WHERE user_id = ? AND epoch = ? AND segment < ?", [userId, epoch, segment], cancellationToken);

    /// <summary>What inboxes of this user before this one have left.</summary>
    public Task DeleteOthersAsync(string userId, string epoch, CancellationToken cancellationToken) =>
        shards.Of(userId).ExecuteAsync("DELETE FROM inbox_overflow WHERE user_id = ? AND epoch <> ?", [userId, epoch], cancellationToken);

    private Task<int> InsertAsync(string userId, List<object?[]> rows, CancellationToken cancellationToken) =>
        shards.Of(userId).InsertNewAsync("inbox_overflow", ["user_id", "epoch", "segment", "entries"], rows, cancellationToken);
}
