namespace ImDapr.ServiceDefaults.Sql;

/// <summary>The few places where MySQL and SQLite part ways. All other SQL is common, or differs only in MySQL's executable comments.</summary>
public enum SqlDialect
{
    MySql,
    Sqlite,
}

internal static class SqlDialectExtensions
{
    /// <summary>
    /// Ends an INSERT so that rows which already exist are left alone. Not INSERT IGNORE on MySQL: that would also swallow values that do
    /// not fit. The no-op update names a column of the table, and counts no affected row.
    /// </summary>
    public static string KeepExisting(this SqlDialect dialect, string column) =>
        dialect == SqlDialect.MySql ? $" ON DUPLICATE KEY UPDATE {column} = {column}" : " ON CONFLICT DO NOTHING";

    /// <summary>Ends an INSERT so that of rows which already exist one column rises to the given value, if that is larger, and nothing else changes.</summary>
    public static string RaiseExisting(this SqlDialect dialect, string column) => dialect == SqlDialect.MySql
        ? $" ON DUPLICATE KEY UPDATE {column} = GREATEST({column}, VALUES({column}))"
        : $" ON CONFLICT DO UPDATE SET {column} = MAX({column}, excluded.{column})";
}
