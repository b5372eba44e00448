using System.Text.Json;
using System.Text.RegularExpressions;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.Sqlite;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>
/// <c>bindings.sqlite</c> (LocalDapr's own): statements on a file, with results as <c>bindings.mysql</c> gives them. All sidecars of this
/// process share one writer per file; statements that arrive together share a commit, each of them still on its own.
/// </summary>
/// <remarks>
/// Not as on MySQL: an UPDATE counts rows that it found, even where nothing changed; a text parameter compared with an expression (not with a
/// column) is compared as text, so cast it there.
/// </remarks>
internal sealed partial class SqliteEngine(ComponentSpec spec) : ISqlEngine
{
    private const int UniqueViolation = 2067;
    private const int PrimaryKeyViolation = 1555;
    // Beyond it a double no longer holds every integer.
    private const double ExactIntegers = 1L << 53;

    private SqliteDatabase? _database;

    private SqliteDatabase Database => _database ?? throw new ObjectDisposedException(spec.Name);

    public Task OpenAsync(CancellationToken cancellationToken)
    {
        _database = SqliteDatabase.Open(spec, "url", "connectionString");
        return Task.CompletedTask;
    }

    public Task<long> ExecuteAsync(string sql, object?[] parameters, CancellationToken cancellationToken)
    {
        RefuseControl(sql);
        return TranslateAsync(Database.WriteAsync(db =>
        {
            CheckCount(db.Prepare(sql), parameters);
            return (long)db.Execute(sql, Integers(parameters));
        }, cancellationToken));
    }

    public async Task<byte[]> QueryAsync(string sql, object?[] parameters, CancellationToken cancellationToken)
    {
        RefuseControl(sql);
        var rows = await TranslateAsync(Database.ReadAsync(db => db.Prepare(sql).IsReadOnly ? Rows(db, sql, parameters) : null, cancellationToken));
        // INSERT … RETURNING and the like change the file: only the writer may.
        return rows ?? await TranslateAsync(Database.WriteAsync(db => Rows(db, sql, parameters), cancellationToken));
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _database, null) is { } database)
            await database.DisposeAsync();
    }

    private static byte[] Rows(SqliteSession db, string sql, object?[] parameters)
    {
        var statement = db.Prepare(sql);
        CheckCount(statement, parameters);
        try
        {
            statement.Bind(Integers(parameters));
            // The first step comes before the columns: it prepares anew what a changed table has made stale.
            var more = statement.Step();
            var kinds = Enumerable.Range(0, statement.ColumnCount).Select(column => Kind(statement.DeclaredType(column))).ToArray();
            using var rows = new RowWriter(Enumerable.Range(0, kinds.Length).Select(statement.ColumnName));
            for (; more; more = statement.Step())
                rows.WriteRow((json, name, column) => WriteColumn(json, name, statement, column, kinds[column]));
            return rows.ToArray();
        }
        finally
        {
            statement.Reset();
        }
    }

    private static void WriteColumn(Utf8JsonWriter json, JsonEncodedText name, SqliteStatement row, int column, ColumnKind kind)
    {
        if (row.IsNull(column))
        {
            if (kind == ColumnKind.Binary)
                json.WriteNull(name);
            return;
        }
        switch (kind == ColumnKind.ByValue ? row.StorageType(column) : (int)kind)
        {
            case (int)ColumnKind.Binary: json.WriteBase64String(name, row.Bytes(column)); break;
            case raw.SQLITE_INTEGER: json.WriteNumber(name, row.Int64(column)); break;
            case raw.SQLITE_FLOAT: json.WriteNumber(name, row.Double(column)); break;
            default: json.WriteString(name, row.Bytes(column)); break;
        }
    }

    // What MySQL renders as text stays text, whatever SQLite stores for it; an expression goes by its value.
    private static ColumnKind Kind(string declared) => declared switch
    {
        _ when declared.Contains("BLOB") || declared.Contains("BINARY") => ColumnKind.Binary,
        _ when declared.Contains("CHAR") || declared.Contains("TEXT") || declared.Contains("DECIMAL") || declared.Contains("NUMERIC") => ColumnKind.Text,
        _ => ColumnKind.ByValue,
    };

    private enum ColumnKind
    {
        ByValue = 0,
        Text = raw.SQLITE_TEXT,
        Binary = raw.SQLITE_BLOB,
    }

    // MySQL stores the double 5 as "5" in a text column; SQLite would store "5.0".
    private static object?[] Integers(object?[] parameters) =>
        Array.ConvertAll(parameters, value => value is double number && Math.Abs(number) <= ExactIntegers && double.IsInteger(number) ? (long)number : value);

    private static void CheckCount(SqliteStatement statement, object?[] parameters)
    {
        if (statement.ParameterCount != parameters.Length)
            throw new BindingException($"error executing query: sql: expected {statement.ParameterCount} arguments, got {parameters.Length}");
    }

    // The writer's transaction belongs to everybody in it; and across calls there are none, as on MySQL's pool of connections.
    private static void RefuseControl(string sql)
    {
        if (Control().Match(sql) is { Success: true } match)
            throw new BindingException($"error executing query: {match.Groups["verb"].Value.ToUpperInvariant()} cannot be used through a binding");
    }

    private static async Task<T> TranslateAsync<T>(Task<T> work)
    {
        try
        {
            return await work;
        }
        catch (SqliteException error)
        {
            throw new BindingException($"error executing query: {Text(error)}", error);
        }
    }

    // A duplicate has MySQL's number, by which it is known everywhere.
    private static string Text(SqliteException error) => error.SqliteExtendedErrorCode is UniqueViolation or PrimaryKeyViolation
        ? $"Error 1062 (23000): Duplicate entry: {error.Message}"
        : error.Message;

    [GeneratedRegex(
        @"\A(?:\s|;|/\*.*?\*/|--[^\n]*(?:\n|\z))*(?<verb>BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE|ATTACH|DETACH|PRAGMA|VACUUM)\b",
        RegexOptions.IgnoreCase | RegexOptions.Singleline)]
    private static partial Regex Control();
}
