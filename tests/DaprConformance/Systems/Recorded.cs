using System.Text.Json;

namespace ImDapr.DaprConformance.Systems;

/// <summary>One request that an app got from its sidecar, as the app tells it.</summary>
public sealed record Recorded(
    long At, string AppId, int Port, string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, string Body)
{
    /// <summary>The body, or the envelope of an event.</summary>
    public JsonElement Json => JsonElement.Parse(Body);

    public override string ToString() => $"{AppId}:{Port} {Method} {Path} {Body}";

    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
