using System.Globalization;
using ImDapr.LocalDapr.Redis;
using ImDapr.LocalDapr.Resources;
using StackExchange.Redis;

namespace ImDapr.LocalDapr.Bindings;

/// <summary><c>bindings.redis</c>: plain keys without a prefix, shared by all apps of the server. Only <c>get</c> returns something.</summary>
internal sealed class RedisBinding(ComponentSpec spec) : IOutputBinding
{
    private static readonly BindingResult Nothing = new(null, new Dictionary<string, string>());

    private readonly ConfigurationOptions _options = RedisSettings.Read(spec);
    private ConnectionMultiplexer? _connection;

    public IReadOnlyList<string> Operations { get; } = ["create", "delete", "get", "increment"];

    private IDatabase Database => (_connection ?? throw new ObjectDisposedException(spec.Name)).GetDatabase();

    public async Task InitAsync(CancellationToken cancellationToken) =>
        _connection = await RedisSettings.ConnectAsync(spec, _options, cancellationToken);

    public async Task<BindingResult> InvokeAsync(BindingCall call, CancellationToken cancellationToken)
    {
        if (!call.Metadata.TryGetValue("key", out var key) || key.Length == 0)
            throw new BindingException("redis binding: missing key in request metadata");
        try
        {
            return await RunAsync(call, key).WaitAsync(cancellationToken);
        }
        catch (Exception error) when (error is RedisException or RedisTimeoutException)
        {
            throw new BindingException(error.Message, error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _connection, null) is { } connection)
            await connection.DisposeAsync();
    }

    private Task<BindingResult> RunAsync(BindingCall call, string key) => call.Operation switch
    {
        "create" => WriteAsync(Database.StringSetAsync(key, call.Data), call, key),
        "increment" => WriteAsync(Database.StringIncrementAsync(key), call, key),
        "delete" => DeleteAsync(key),
        "get" => GetAsync(call, key),
        var other => throw new BindingException($"invalid operation type: {other}"),
    };

    // The time to live is read and set afterwards, as in daprd's component: one that cannot be read fails a call that has written.
    private async Task<BindingResult> WriteAsync(Task write, BindingCall call, string key)
    {
        await write;
        if (TimeToLive(call.Metadata) is { } seconds)
            await Database.ExecuteAsync("EXPIRE", key, seconds);
        return Nothing;
    }

    private async Task<BindingResult> DeleteAsync(string key)
    {
        await Database.KeyDeleteAsync(key);
        return Nothing;
    }

    private async Task<BindingResult> GetAsync(BindingCall call, string key)
    {
        var delete = call.Metadata.GetValueOrDefault("delete") == "true";
        byte[]? value = delete ? await Database.StringGetDeleteAsync(key) : await Database.StringGetAsync(key);
        return new BindingResult(value ?? [], Nothing.Metadata);
    }

    // Whole seconds: less than one is none, and ends the key at once.
    private static long? TimeToLive(IReadOnlyDictionary<string, string> metadata)
    {
        var text = Find(metadata, "ttl") ?? Find(metadata, "ttlInSeconds");
        if (string.IsNullOrEmpty(text))
            return null;
        if (GoDuration.TryParse(text, out var duration))
            return Math.Max(0, (long)duration.TotalSeconds);
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var seconds))
            throw new BindingException($"ttl value must be a valid integer: actual is '{text}'");
        return seconds > 0 ? seconds : throw new BindingException($"ttl value must be higher than zero: actual is '{seconds}'");
    }

    private static string? Find(IReadOnlyDictionary<string, string> metadata, string name) =>
        metadata.FirstOrDefault(pair => pair.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;
}
