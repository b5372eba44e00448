using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>
/// Writes the rows of a query as the binding returns them: an array of objects with their names in order, the last of several columns
/// of one name, and <c>null</c> when there is no row.
/// </summary>
internal sealed class RowWriter : IDisposable
{
    private readonly ArrayBufferWriter<byte> _buffer = new(1024);
    private readonly Utf8JsonWriter _json;
    private readonly (int Column, JsonEncodedText Name)[] _columns;
    private bool _any;

    public RowWriter(IEnumerable<string> columnNames)
    {
        // Skipping validation: the shape is fixed, and a big result is written value by value.
        _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        _columns = [.. columnNames.Select((name, column) => (Name: name, Column: column))
            .GroupBy(column => column.Name)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (group.Last().Column, JsonEncodedText.Encode(group.Key)))];
    }

    /// <param name="writeColumn">Writes the column with its name, or nothing when it is to be left out.</param>
    public void WriteRow(Action<Utf8JsonWriter, JsonEncodedText, int> writeColumn)
    {
        if (!_any)
            _json.WriteStartArray();
        _any = true;
        _json.WriteStartObject();
        foreach (var (column, name) in _columns)
            writeColumn(_json, name, column);
        _json.WriteEndObject();
    }

    public byte[] ToArray()
    {
        if (_any)
            _json.WriteEndArray();
        else
            _json.WriteNullValue();
        _json.Flush();
        return _buffer.WrittenSpan.ToArray();
    }

    public void Dispose() => _json.Dispose();
}
