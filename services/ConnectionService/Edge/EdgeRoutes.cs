using System.Buffers;
using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Edge;

/// <summary>What the public origin forwards, and to whom. What is not in this table does not exist outside.</summary>
public static class EdgeRoutes
{
    private const string OpenApi = "openapi";

    private static readonly Dictionary<string, string> Services = new(StringComparer.Ordinal)
    {
        ["users"] = DaprNames.UserService,
        ["sessions"] = DaprNames.UserService,
        ["devices"] = DaprNames.UserService,
        ["contacts"] = DaprNames.UserService,
        ["blocks"] = DaprNames.UserService,
        ["groups"] = DaprNames.UserService,
        ["conversations"] = DaprNames.MessageService,
        ["inbox"] = DaprNames.MessageService,
    };

    // A sidecar decodes and cleans what it is given. Kestrel has decoded once and removed dot segments; what is still encoded, or would
    // be read as another path, never passes.
    private static readonly SearchValues<char> Refused = SearchValues.Create("%\\?#");

    /// <summary>The app and the path to call for a request path as Kestrel has decoded it; null when nothing is there.</summary>
    public static EdgeTarget? Find(string? path)
    {
        var segments = (path ?? "").Split('/');
        if (segments is not ["", "api", var resource, ..] || !segments.Skip(2).Select(IsPlain).All(isPlain => isPlain))
            return null;
        var service = resource == OpenApi ? ServiceOfDocument(segments) : Services.GetValueOrDefault(resource);
        return service is null ? null : new EdgeTarget(service, string.Join('/', segments.Select(Uri.EscapeDataString)));
    }

    private static string? ServiceOfDocument(string[] segments) =>
        segments is [_, _, _, var document] && Services.Values.FirstOrDefault(service => document == $"{service}.json") is { } known ? known : null;

    private static bool IsPlain(string segment) =>
        segment is not ("" or "." or "..") && !segment.AsSpan().ContainsAny(Refused) && !segment.Any(char.IsControl);
}

/// <param name="Path">Escaped, with its leading slash.</param>
public sealed record EdgeTarget(string AppId, string Path);
