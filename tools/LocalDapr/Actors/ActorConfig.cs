using System.Text.Json;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Actors;

/// <summary>How actors of one type are hosted.</summary>
/// <param name="IdleTimeout">Deactivated when the last call began this long ago.</param>
/// <param name="DrainTimeout">How long running calls may go on when the actor moves to another host.</param>
/// <param name="MaxStackDepth">Calls of one chain inside one actor, if it is reentrant.</param>
public sealed record ActorTypeConfig(TimeSpan IdleTimeout, TimeSpan DrainTimeout, bool Reentrant, int MaxStackDepth);

/// <summary>What an app says of its actors on <c>GET /dapr/config</c>: every type that it hosts.</summary>
public sealed record ActorConfig(IReadOnlyDictionary<string, ActorTypeConfig> Types)
{
    public static readonly ActorConfig None = new(new Dictionary<string, ActorTypeConfig>());

    private const int DefaultStackDepth = 32;
    private static readonly TimeSpan DefaultIdle = TimeSpan.FromMinutes(60);
    private static readonly TimeSpan DefaultDrain = TimeSpan.FromSeconds(2);

    // daprd gives a drain at most 80 % of its dissemination timeout.
    private static readonly TimeSpan DisseminationTimeout = TimeSpan.FromSeconds(30);
    private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { AllowTrailingCommas = false };

    /// <param name="json">Body of the app's answer; empty means that it hosts no actors.</param>
    /// <exception cref="FormatException">The body is not what an app should answer; the message says which value.</exception>
    public static ActorConfig Parse(ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty)
            return None;

        var app = Read(json);
        var drains = app.DrainRebalancedActors ?? true;
        var drain = Drain(app.DrainOngoingCallTimeout, DefaultDrain);
        var common = Create(Duration(app.ActorIdleTimeout, DefaultIdle), drains ? drain : TimeSpan.Zero, app.Reentrancy);
        var types = (app.Entities ?? []).Distinct().ToDictionary(type => type, _ => common);
        foreach (var entity in app.EntitiesConfig ?? [])
        {
            // A type's own block replaces the common values as a whole: what it leaves out is daprd's default, except for the drain.
            var own = Create(
                Duration(entity.ActorIdleTimeout, DefaultIdle), drains ? Drain(entity.DrainOngoingCallTimeout, drain) : TimeSpan.Zero, entity.Reentrancy);
            foreach (var type in (entity.Entities ?? []).Where(types.ContainsKey))
                types[type] = own;
        }

        return new ActorConfig(types);
    }

    private static AppSettings Read(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize<AppSettings>(json, Options) ?? new AppSettings();
        }
        catch (JsonException e)
        {
            throw new FormatException($"GET /dapr/config of the app is no valid configuration: {e.Message}", e);
        }
    }

    private static ActorTypeConfig Create(TimeSpan idle, TimeSpan drain, ReentrancySettings? reentrancy) =>
        new(idle, drain, reentrancy?.Enabled ?? false, reentrancy?.MaxStackDepth ?? DefaultStackDepth);

    private static TimeSpan Drain(string? text, TimeSpan fallback)
    {
        var drain = Duration(text, fallback);
        return drain < DisseminationTimeout ? drain : 0.8 * DisseminationTimeout;
    }

    private static TimeSpan Duration(string? text, TimeSpan fallback)
    {
        if (string.IsNullOrEmpty(text))
            return fallback;

        return GoDuration.TryParse(text, out var duration)
            ? duration
            : throw new FormatException($"GET /dapr/config of the app: '{text}' is no duration");
    }

    private sealed record AppSettings(
        string[]? Entities = null, string? ActorIdleTimeout = null, string? DrainOngoingCallTimeout = null, bool? DrainRebalancedActors = null,
        ReentrancySettings? Reentrancy = null, AppSettings[]? EntitiesConfig = null);

    private sealed record ReentrancySettings(bool Enabled = false, int? MaxStackDepth = null);
}
