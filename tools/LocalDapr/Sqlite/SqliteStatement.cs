using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ImDapr.LocalDapr.Sqlite;

/// <summary>
/// A prepared statement of one connection. SQLite's own interface, because the placeholders of the bindings are bare question marks,
/// which the ADO.NET provider does not know, and because preparing once is most of a small statement's speed.
/// </summary>
internal sealed class SqliteStatement : IDisposable
{
    private readonly sqlite3 _connection;
    private readonly sqlite3_stmt _handle;

    /// <exception cref="SqliteException">The text is no SQL, or more than one statement.</exception>
    public SqliteStatement(sqlite3 connection, string sql)
    {
        _connection = connection;
        Check(raw.sqlite3_prepare_v2(connection, Encoding.UTF8.GetBytes(sql), out _handle, out var rest));
        if (_handle.IsInvalid)
            throw new SqliteException("the statement is empty", raw.SQLITE_ERROR);
        if (HasStatement(rest))
            throw new SqliteException("only one statement is allowed in a call", raw.SQLITE_ERROR);
    }

    public bool IsReadOnly => raw.sqlite3_stmt_readonly(_handle) != 0;

    public int ParameterCount => raw.sqlite3_bind_parameter_count(_handle);

    public int ColumnCount => raw.sqlite3_column_count(_handle);

    public void Bind(ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
            Check(Bind(i + 1, values[i]));
    }

    /// <returns>True while there is a row.</returns>
    public bool Step()
    {
        var result = raw.sqlite3_step(_handle);
        if (result is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
            Check(result);
        return result == raw.SQLITE_ROW;
    }

    /// <summary>Makes the statement ready for its next use; what its last step said was heard already.</summary>
    public void Reset()
    {
        _ = raw.sqlite3_reset(_handle);
        _ = raw.sqlite3_clear_bindings(_handle);
    }

    public string ColumnName(int column) => raw.sqlite3_column_name(_handle, column).utf8_to_string();

    /// <summary>The type with which the column was declared in upper case, empty for an expression.</summary>
    public string DeclaredType(int column) => (raw.sqlite3_column_decltype(_handle, column).utf8_to_string() ?? "").ToUpperInvariant();

    /// <summary>One of SQLITE_INTEGER, SQLITE_FLOAT, SQLITE_TEXT, SQLITE_BLOB, SQLITE_NULL.</summary>
    public int StorageType(int column) => raw.sqlite3_column_type(_handle, column);

    public bool IsNull(int column) => StorageType(column) == raw.SQLITE_NULL;

    public long Int64(int column) => raw.sqlite3_column_int64(_handle, column);

    public double Double(int column) => raw.sqlite3_column_double(_handle, column);

    /// <summary>Bytes of a blob or a text; valid until the next step.</summary>
    public ReadOnlySpan<byte> Bytes(int column) => raw.sqlite3_column_blob(_handle, column);

    public string Text(int column) => Encoding.UTF8.GetString(Bytes(column));

    public void Dispose() => _handle.Dispose();

    // An empty span has no address, which SQLite takes for NULL: hence the two cases of length 0.
    private int Bind(int index, object? value) => value switch
    {
        null => raw.sqlite3_bind_null(_handle, index),
        long number => raw.sqlite3_bind_int64(_handle, index, number),
        int number => raw.sqlite3_bind_int64(_handle, index, number),
        double number => raw.sqlite3_bind_double(_handle, index, number),
        "" => raw.sqlite3_bind_text(_handle, index, ""),
        string text => raw.sqlite3_bind_text(_handle, index, Encoding.UTF8.GetBytes(text)),
        byte[] { Length: 0 } => raw.sqlite3_bind_zeroblob(_handle, index, 0),
        byte[] bytes => raw.sqlite3_bind_blob(_handle, index, bytes),
        _ => throw new ArgumentException($"SQLite cannot hold a {value.GetType().Name}", nameof(value)),
    };

    // What follows may be space, semicolons and comments; SQLite itself says which.
    private bool HasStatement(ReadOnlySpan<byte> rest)
    {
        while (!rest.Trim(" \t\r\n;"u8).IsEmpty)
        {
            Check(raw.sqlite3_prepare_v2(_connection, rest, out var next, out var afterwards));
            using (next)
            {
                if (!next.IsInvalid)
                    return true;
            }
            rest = afterwards;
        }
        return false;
    }

    private void Check(int result) => SqliteException.ThrowExceptionForRC(result, _connection);
}
