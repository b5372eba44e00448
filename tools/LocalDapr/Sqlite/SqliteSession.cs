using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ImDapr.LocalDapr.Sqlite;

/// <summary>One connection to a database file with its prepared statements; used by one thread at a time.</summary>
/// <remarks>
/// WAL: readers never wait for the writer. synchronous=NORMAL: a commit is in the file system's hands when it returns, so that it survives
/// the end of the process in any way (SIGKILL included). Only a crash of the whole machine may lose the newest commits, never the file's
/// integrity; FULL would add a disk flush to every commit (4.5 ms instead of 0.02 ms, measured), and with it to every message.
/// </remarks>
internal sealed class SqliteSession : IDisposable
{
    // Statements of many sizes (multi-row inserts) come and go: a full cache starts anew.
    private const int MostStatements = 128;
    private const string Settings =
        "PRAGMA busy_timeout=5000; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864;";

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteStatement> _statements = [];

    public SqliteSession(string path)
    {
        _connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ConnectionString);
        _connection.Open();
        using var settings = _connection.CreateCommand();
        settings.CommandText = Settings;
        settings.ExecuteNonQuery();
    }

    public bool InTransaction => raw.sqlite3_get_autocommit(_connection.Handle!) == 0;

    /// <summary>Total of rows ever changed over this connection, by statements and by what they triggered.</summary>
    public int TotalChanges => raw.sqlite3_total_changes(_connection.Handle!);

    /// <returns>Rows changed by the statement.</returns>
    public int Execute(string sql, params ReadOnlySpan<object?> parameters)
    {
        var before = TotalChanges;
        var statement = Prepare(sql);
        try
        {
            statement.Bind(parameters);
            while (statement.Step()) ;
            return TotalChanges == before ? 0 : raw.sqlite3_changes(_connection.Handle!);
        }
        finally
        {
            statement.Reset();
        }
    }

    public List<T> Query<T>(string sql, Func<SqliteStatement, T> read, params ReadOnlySpan<object?> parameters)
    {
        var statement = Prepare(sql);
        try
        {
            statement.Bind(parameters);
            var rows = new List<T>();
            while (statement.Step())
                rows.Add(read(statement));
            return rows;
        }
        finally
        {
            statement.Reset();
        }
    }

    /// <summary>The statement, prepared before or now. It stays this session's; reset it after use.</summary>
    public SqliteStatement Prepare(string sql)
    {
        if (_statements.TryGetValue(sql, out var known))
            return known;
        if (_statements.Count == MostStatements)
            Forget();
        var statement = new SqliteStatement(_connection.Handle!, sql);
        _statements.Add(sql, statement);
        return statement;
    }

    public void Dispose()
    {
        Forget();
        _connection.Dispose();
    }

    private void Forget()
    {
        foreach (var statement in _statements.Values)
            statement.Dispose();
        _statements.Clear();
    }
}
