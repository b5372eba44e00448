using System.IO.Hashing;
using System.Text;

namespace ImDapr.ServiceDefaults.Sql;

/// <summary>
/// The databases that rows are spread over, each behind a binding of its own. A key belongs to database CRC-32(its UTF-8 text) mod their number: MySQL's
/// <c>CRC32(conversation_id) % n</c>, so that an operator finds and moves rows with SQL, and doubling the databases splits each into two.
/// </summary>
public sealed class SqlShards(IReadOnlyList<SqlClient> all) : IDisposable
{
    public IReadOnlyList<SqlClient> All => all;

    public int IndexOf(string key) => IndexOf(key, all.Count);

    public SqlClient Of(string key) => all[IndexOf(key)];

    /// <summary>Which of so many databases the key belongs to.</summary>
    public static int IndexOf(string key, int count) => count == 1 ? 0 : (int)(Crc32.HashToUInt32(Encoding.UTF8.GetBytes(key)) % (uint)count);

    /// <summary>Asks each database for its part of the items: all databases at once, one statement after the other within each.</summary>
    /// <param name="keyOf">What decides where an item belongs.</param>
    /// <param name="most">Items of one statement.</param>
    /// <returns>All answers, in no particular order. When a database fails the whole fails.</returns>
    public async Task<List<TRow>> EachAsync<TItem, TRow>(
        IEnumerable<TItem> items, Func<TItem, string> keyOf, int most, Func<SqlClient, TItem[], Task<IReadOnlyList<TRow>>> ask)
    {
        var parts = await Task.WhenAll(items.GroupBy(item => IndexOf(keyOf(item))).Select(PartAsync));
        return parts.Length == 1 ? parts[0] : [.. parts.SelectMany(rows => rows)];

        async Task<List<TRow>> PartAsync(IGrouping<int, TItem> part)
        {
            var rows = new List<TRow>();
            foreach (var chunk in part.Chunk(most))
                rows.AddRange(await ask(all[part.Key], chunk));
            return rows;
        }
    }

    /// <summary>The same for statements that answer with nothing but a number: their sum.</summary>
    public async Task<int> SumAsync<TItem>(IEnumerable<TItem> items, Func<TItem, string> keyOf, int most, Func<SqlClient, TItem[], Task<int>> run) =>
        (await EachAsync<TItem, int>(items, keyOf, most, async (sql, chunk) => [await run(sql, chunk)])).Sum();

    /// <summary>The same for statements whose answer says nothing.</summary>
    public Task RunAsync<TItem>(IEnumerable<TItem> items, Func<TItem, string> keyOf, int most, Func<SqlClient, TItem[], Task> run) =>
        Task.WhenAll(items.GroupBy(item => IndexOf(keyOf(item))).Select(async part =>
        {
            foreach (var chunk in part.Chunk(most))
                await run(all[part.Key], chunk);
        }));

    /// <summary>Asks all databases, when the items' keys are not known.</summary>
    public async Task<List<TRow>> AllAsync<TRow>(Func<SqlClient, Task<IReadOnlyList<TRow>>> ask)
    {
        var parts = await Task.WhenAll(all.Select(ask));
        return [.. parts.SelectMany(rows => rows)];
    }

    public void Dispose()
    {
        foreach (var sql in all)
            sql.Dispose();
    }
}
