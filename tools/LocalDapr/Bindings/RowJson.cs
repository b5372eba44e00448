using System.Buffers;
using System.Data.Common;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>Rows as the binding renders them: columns by name, NULL left out, no row at all is <c>null</c>, binary in base64.</summary>
internal static class RowJson
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <param name="reader">At the first row, or before it.</param>
    /// <param name="render">Writes one value that is not NULL.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<byte[]> WriteAsync(DbDataReader reader, Action<Utf8JsonWriter, DbDataReader, int> render, CancellationToken cancellationToken)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        await using var json = new Utf8JsonWriter(buffer, Plain);
        var columns = Columns(reader);
        var any = false;
        while (await reader.ReadAsync(cancellationToken))
        {
            if (!any)
                json.WriteStartArray();
            any = true;
            WriteRow(json, reader, columns, render);
        }
        if (any)
            json.WriteEndArray();
        else
            json.WriteNullValue();
        await json.FlushAsync(cancellationToken);
        return buffer.WrittenSpan.ToArray();
    }

    public static void WriteCommon(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case byte[] bytes: json.WriteBase64StringValue(bytes); break;
            case string text: json.WriteStringValue(text); break;
            case bool flag: json.WriteNumberValue(flag ? 1 : 0); break;
            case sbyte or byte or short or ushort or int or uint or long: json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture)); break;
            case ulong number: json.WriteNumberValue(number); break;
            case float number: json.WriteNumberValue(number); break;
            case double number: json.WriteNumberValue(number); break;
            case decimal number: json.WriteStringValue(number.ToString(CultureInfo.InvariantCulture)); break;
            case DateTime moment: json.WriteStringValue(Rfc3339(moment)); break;
            case TimeSpan duration: json.WriteStringValue(duration.ToString("c", CultureInfo.InvariantCulture)); break;
            default: json.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }

    private static void WriteRow(
        Utf8JsonWriter json, DbDataReader reader, List<(string Name, int Index)> columns, Action<Utf8JsonWriter, DbDataReader, int> render)
    {
        json.WriteStartObject();
        foreach (var (name, index) in columns)
        {
            if (reader.IsDBNull(index))
                continue;
            json.WritePropertyName(name);
            render(json, reader, index);
        }
        json.WriteEndObject();
    }

    // In the order of their names; of two with one name the last wins.
    private static List<(string Name, int Index)> Columns(DbDataReader reader) =>
        [.. Enumerable.Range(0, reader.FieldCount)
            .Select(index => (Name: reader.GetName(index), Index: index))
            .GroupBy(column => column.Name)
            .Select(group => group.Last())
            .OrderBy(column => column.Name, StringComparer.Ordinal)];

    private static string Rfc3339(DateTime moment)
    {
        var text = moment.ToString("yyyy-MM-ddTHH:mm:ss.FFFFFFF", CultureInfo.InvariantCulture);
        return $"{text}Z";
    }
}
