using System.Text.Json;

namespace ImDapr.UnitTests.LocalDapr.Bindings;

/// <summary>Two JSON texts are the same when they say the same in the same order, however they escape it.</summary>
internal sealed class JsonText : IEqualityComparer<string>
{
    public static readonly JsonText Comparer = new();

    public bool Equals(string? x, string? y) => Normal(x) == Normal(y);

    public int GetHashCode(string text) => Normal(text).GetHashCode(StringComparison.Ordinal);

    private static string Normal(string? text) => JsonSerializer.Serialize(JsonElement.Parse(text!));
}
