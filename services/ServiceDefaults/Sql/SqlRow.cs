using System.Globalization;
using System.Text.Json;

namespace ImDapr.ServiceDefaults.Sql;

/// <summary>One row of a query, by column name. The binding leaves NULL columns out and renders some numbers as text.</summary>
public readonly struct SqlRow(JsonElement row)
{
    public string String(string column) =>
        StringOrNull(column) ?? throw new InvalidOperationException($"Column {column} is NULL or not selected");

    public string? StringOrNull(string column) =>
        row.TryGetProperty(column, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public long Int64(string column) =>
        Int64OrNull(column) ?? throw new InvalidOperationException($"Column {column} is NULL or not selected");

    public long? Int64OrNull(string column)
    {
        if (!row.TryGetProperty(column, out var value))
            return null;
        return value.ValueKind switch
        {
            JsonValueKind.Number => value.GetInt64(),
            JsonValueKind.String => long.Parse(value.GetString()!, CultureInfo.InvariantCulture),
            _ => null,
        };
    }
}
