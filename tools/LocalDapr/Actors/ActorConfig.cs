using System.Text.Json;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Actors;

/// <summary>What an app's <c>/dapr/config</c> says of its actors; absent fields have daprd's defaults.</summary>
public sealed record ActorConfig(
    IReadOnlyList<string> Types, TimeSpan IdleTimeout, TimeSpan DrainTimeout, bool Drain, bool Reentrant, int MaxStackDepth)
{
    private static readonly TimeSpan LongestDrain = TimeSpan.FromSeconds(24); // 80% of the dissemination timeout

    public static readonly ActorConfig None = new([], TimeSpan.FromMinutes(60), TimeSpan.FromSeconds(2), true, false, 32);

    public static ActorConfig Read(JsonElement config)
    {
        var types = config.TryGetProperty("entities", out var entities) && entities.ValueKind == JsonValueKind.Array
            ? entities.EnumerateArray().Select(type => type.GetString()!).ToList()
            : [];
        var reentrancy = config.TryGetProperty("reentrancy", out var section) && section.ValueKind == JsonValueKind.Object ? section : default;
        var drain = Duration(config, "drainOngoingCallTimeout", None.DrainTimeout);
        return new ActorConfig(
            types,
            Duration(config, "actorIdleTimeout", None.IdleTimeout),
            drain > LongestDrain ? LongestDrain : drain,
            !config.TryGetProperty("drainRebalancedActors", out var rebalanced) || rebalanced.ValueKind != JsonValueKind.False,
            reentrancy.ValueKind == JsonValueKind.Object && reentrancy.TryGetProperty("enabled", out var enabled) && enabled.ValueKind == JsonValueKind.True,
            reentrancy.ValueKind == JsonValueKind.Object && reentrancy.TryGetProperty("maxStackDepth", out var depth) && depth.TryGetInt32(out var most) ? most : None.MaxStackDepth);
    }

    private static TimeSpan Duration(JsonElement config, string name, TimeSpan otherwise) =>
        config.TryGetProperty(name, out var value) && value.GetString() is { Length: > 0 } text && GoDuration.TryParse(text, out var duration) ? duration : otherwise;
}
