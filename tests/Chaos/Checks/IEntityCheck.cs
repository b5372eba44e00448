using System.Data.Common;
using ImDapr.Chaos.Traffic;
using ImDapr.Contracts;
using Microsoft.Data.Sqlite;
using MySqlConnector;

namespace ImDapr.Chaos.Checks;

/// <summary>Looks into the entity store behind the system's back.</summary>
internal interface IEntityCheck
{
    /// <summary>Conversations whose seqs are not 1, 2, 3 …</summary>
    Task<IReadOnlyList<string>> GapsAsync(CancellationToken cancellationToken);

    /// <summary>Acknowledged messages that are not stored where they were acknowledged.</summary>
    Task<IReadOnlyList<string>> MissingAsync(IReadOnlyList<Acknowledged> acknowledged, CancellationToken cancellationToken);
}

/// <summary>The table <c>messages</c>, in MariaDB or in the embedded SQLite file.</summary>
internal sealed class TableCheck(Func<DbConnection> connect) : IEntityCheck
{
    private readonly Dictionary<string, (string ConversationId, long Seq)> _stored = [];

    public static TableCheck MariaDb(string connectionString) => new(() => new MySqlConnection(connectionString));

    public static TableCheck Sqlite(string file) => new(() => new SqliteConnection($"Data Source={file};Mode=ReadOnly"));

    public async Task<IReadOnlyList<string>> GapsAsync(CancellationToken cancellationToken)
    {
        var gaps = new List<string>();
        await ReadAsync(
            "SELECT conversation_id, COUNT(*), MAX(seq) FROM messages GROUP BY conversation_id HAVING COUNT(*) <> MAX(seq)",
            row => gaps.Add($"{row.GetString(0)} holds {row.GetInt64(1)} messages up to seq {row.GetInt64(2)}"),
            cancellationToken);
        return gaps;
    }

    public async Task<IReadOnlyList<string>> MissingAsync(IReadOnlyList<Acknowledged> acknowledged, CancellationToken cancellationToken)
    {
        foreach (var conversation in acknowledged.GroupBy(message => message.ConversationId))
        {
            var after = conversation.Min(message => message.Seq) - 1;
            await ReadAsync(
                $"SELECT sender_id, client_message_id, seq FROM messages WHERE conversation_id = '{conversation.Key}' AND seq > {after} AND type <> '{MessageTypes.Void}'",
                row => _stored[$"{row.GetString(0)}/{row.GetString(1)}"] = (conversation.Key, row.GetInt64(2)),
                cancellationToken);
        }
        return [.. acknowledged
            .Where(message => _stored.GetValueOrDefault($"{message.SenderId}/{message.ClientMessageId}") != (message.ConversationId, message.Seq))
            .Select(message => $"{message.ConversationId}/{message.Seq} ({message.ClientMessageId}) is not stored")];
    }

    private async Task ReadAsync(string sql, Action<DbDataReader> each, CancellationToken cancellationToken)
    {
        await using var connection = connect();
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = sql;
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
            each(rows);
    }
}
