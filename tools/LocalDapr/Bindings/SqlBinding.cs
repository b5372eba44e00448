using System.Globalization;
using System.Text.Json;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>What <c>bindings.mysql</c> and <c>bindings.sqlite</c> have in common: operations, parameters, response metadata (dapr-contract 4.2).</summary>
public abstract class SqlBinding(string label, TimeProvider time) : IOutputBinding
{
    private bool _closed;

    public IReadOnlyList<string> Operations { get; } = ["exec", "query", "close"];

    public abstract Task InitAsync(CancellationToken cancellationToken);

    public async Task<BindingResult> InvokeAsync(BindingCall call, CancellationToken cancellationToken)
    {
        if (_closed)
            throw new BindingException($"{label} binding is closed");
        if (call.Operation == "close")
        {
            _closed = true;
            return new BindingResult(null, new Dictionary<string, string>());
        }
        if (!call.Metadata.TryGetValue("sql", out var sql) || sql.Length == 0)
            throw new BindingException("required metadata not set: sql");
        var parameters = Parameters(call.Metadata.GetValueOrDefault("params"));
        var start = time.GetUtcNow();
        var metadata = new Dictionary<string, string> { ["operation"] = call.Operation, ["sql"] = sql };
        byte[]? data = null;
        if (call.Operation == "query")
            data = await QueryAsync(sql, parameters, cancellationToken);
        else
            metadata["rows-affected"] = (await ExecAsync(sql, parameters, cancellationToken)).ToString(CultureInfo.InvariantCulture);
        var end = time.GetUtcNow();
        metadata["start-time"] = Rfc3339(start);
        metadata["end-time"] = Rfc3339(end);
        metadata["duration"] = $"{(end - start).TotalMilliseconds.ToString("0.######", CultureInfo.InvariantCulture)}ms";
        return new BindingResult(data, metadata);
    }

    protected abstract Task<long> ExecAsync(string sql, object?[] parameters, CancellationToken cancellationToken);

    /// <returns>JSON array of objects, or <c>null</c> for no rows.</returns>
    protected abstract Task<byte[]> QueryAsync(string sql, object?[] parameters, CancellationToken cancellationToken);

    public abstract ValueTask DisposeAsync();

    /// <summary>Every number becomes a double, as in Go's decoding into an empty interface.</summary>
    private static object?[] Parameters(string? json)
    {
        if (string.IsNullOrEmpty(json))
            return [];
        try
        {
            using var document = JsonDocument.Parse(json);
            return [.. document.RootElement.EnumerateArray().Select(Parameter)];
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new BindingException($"error parsing params: {exception.Message}", exception);
        }
    }

    private static object? Parameter(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.GetDouble(),
        JsonValueKind.True => 1L,
        JsonValueKind.False => 0L,
        _ => throw new BindingException("converting argument: unsupported type, an object or an array"),
    };

    private static string Rfc3339(DateTimeOffset moment) => moment.ToString("yyyy-MM-ddTHH:mm:ss.fffffffZ", CultureInfo.InvariantCulture);
}
