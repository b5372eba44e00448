using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Json;
using MySqlConnector;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>How a column of a MySQL result becomes JSON (the table of dapr-contract 4.2).</summary>
internal sealed class MySqlColumn
{
    private readonly MySqlDbType _type;
    private readonly int _decimals;
    private readonly int _bytes;

    public MySqlColumn(DbColumn column)
    {
        var known = (MySqlDbColumn)column;
        Name = known.ColumnName;
        _type = known.ProviderType;
        _decimals = known.NumericScale ?? 0;
        _bytes = ((known.ColumnSize ?? 64) + 7) / 8;
    }

    public string Name { get; }

    private bool IsBytes => _type is MySqlDbType.Binary or MySqlDbType.VarBinary or MySqlDbType.TinyBlob or MySqlDbType.Blob
        or MySqlDbType.MediumBlob or MySqlDbType.LongBlob or MySqlDbType.Geometry or MySqlDbType.Bit or MySqlDbType.JSON;

    public void Write(Utf8JsonWriter json, JsonEncodedText name, MySqlDataReader row, int column)
    {
        if (!row.IsDBNull(column))
            WriteValue(json, name, row, column);
        else if (IsBytes)
            json.WriteNull(name);
    }

    private void WriteValue(Utf8JsonWriter json, JsonEncodedText name, MySqlDataReader row, int column)
    {
        switch (_type)
        {
            case MySqlDbType.Decimal or MySqlDbType.NewDecimal: json.WriteString(name, row.GetMySqlDecimal(column).ToString()); break;
            case MySqlDbType.Time: json.WriteString(name, Clock(row.GetTimeSpan(column))); break;
            case MySqlDbType.JSON: json.WriteBase64String(name, Encoding.UTF8.GetBytes(row.GetString(column))); break;
            case MySqlDbType.Bit: json.WriteBase64String(name, Bits(Convert.ToUInt64(row.GetValue(column), CultureInfo.InvariantCulture))); break;
            case MySqlDbType.UInt64: json.WriteNumber(name, row.GetUInt64(column)); break;
            case MySqlDbType.Float: json.WriteNumber(name, row.GetFloat(column)); break;
            default: WriteOther(json, name, row.GetValue(column)); break;
        }
    }

    private void WriteOther(Utf8JsonWriter json, JsonEncodedText name, object value)
    {
        switch (value)
        {
            case string text: json.WriteString(name, text); break;
            case byte[] bytes: json.WriteBase64String(name, bytes); break;
            case double number: json.WriteNumber(name, number); break;
            case DateTime time: json.WriteString(name, GoText.Time(new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)))); break;
            case IConvertible number: json.WriteNumber(name, number.ToInt64(CultureInfo.InvariantCulture)); break;
            default: throw new BindingException($"error marshalling query result for query: column {Name} has a type that the binding does not know: {_type}");
        }
    }

    // Hours run to 838: no time of a day.
    private string Clock(TimeSpan time)
    {
        var positive = time.Duration();
        var seconds = positive.ToString(_decimals is > 0 and <= 6 ? @"mm\:ss\." + new string('f', _decimals) : @"mm\:ss", CultureInfo.InvariantCulture);
        return string.Create(CultureInfo.InvariantCulture, $"{(time < TimeSpan.Zero ? "-" : "")}{(long)positive.TotalHours:00}:{seconds}");
    }

    private byte[] Bits(ulong value)
    {
        var bytes = new byte[_bytes];
        for (var i = bytes.Length - 1; i >= 0; i--, value >>= 8)
            bytes[i] = (byte)value;
        return bytes;
    }
}
