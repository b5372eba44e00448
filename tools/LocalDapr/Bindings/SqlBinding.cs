using System.Globalization;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>What is different between the databases behind a SQL binding. Failures of a statement are <see cref="BindingException"/>.</summary>
internal interface ISqlEngine : IAsyncDisposable
{
    Task OpenAsync(CancellationToken cancellationToken);

    /// <returns>Rows affected.</returns>
    Task<long> ExecuteAsync(string sql, object?[] parameters, CancellationToken cancellationToken);

    /// <returns>The rows as JSON; <c>null</c> for none.</returns>
    Task<byte[]> QueryAsync(string sql, object?[] parameters, CancellationToken cancellationToken);
}

/// <summary>The contract of <c>bindings.mysql</c> (dapr-contract 4.2), over MySQL or SQLite.</summary>
internal sealed class SqlBinding(ISqlEngine engine, TimeProvider time) : IOutputBinding
{
    private bool _closed;

    public IReadOnlyList<string> Operations { get; } = ["exec", "query", "close"];

    public Task InitAsync(CancellationToken cancellationToken) => engine.OpenAsync(cancellationToken);

    public async Task<BindingResult> InvokeAsync(BindingCall call, CancellationToken cancellationToken)
    {
        if (call.Operation == "close")
            return await CloseAsync();
        if (_closed)
            throw new BindingException("component is closed");
        if (!call.Metadata.TryGetValue("sql", out var sql) || sql.Length == 0)
            throw new BindingException("required metadata not set: sql");
        return await RunAsync(call, sql, SqlParameters.Parse(call.Metadata.GetValueOrDefault("params")), cancellationToken);
    }

    public ValueTask DisposeAsync() => engine.DisposeAsync();

    private async Task<BindingResult> RunAsync(BindingCall call, string sql, object?[] parameters, CancellationToken cancellationToken)
    {
        var start = time.GetUtcNow();
        var metadata = new Dictionary<string, string> { ["operation"] = call.Operation, ["sql"] = sql, ["start-time"] = GoText.Time(start) };
        byte[] data = []; // an answer without data, other than none at all
        if (call.Operation == "exec")
            metadata["rows-affected"] = (await engine.ExecuteAsync(sql, parameters, cancellationToken)).ToString(CultureInfo.InvariantCulture);
        else if (call.Operation == "query")
            data = await engine.QueryAsync(sql, parameters, cancellationToken);
        else
            throw new BindingException($"invalid operation type: {call.Operation}. Expected exec, query, or close");
        var end = time.GetUtcNow();
        metadata["end-time"] = GoText.Time(end);
        metadata["duration"] = GoText.Duration(end - start);
        return new BindingResult(data, metadata);
    }

    // As in daprd: closed for this sidecar until it restarts, however often it is asked for.
    private async Task<BindingResult> CloseAsync()
    {
        _closed = true;
        await engine.DisposeAsync();
        return new BindingResult(null, new Dictionary<string, string>());
    }
}
