using System.Text.Json;
using Microsoft.AspNetCore.Http.Features;

namespace ImDapr.LocalDapr.Api;

/// <summary>Reads what HTTP calls of the API have in common.</summary>
internal static class HttpRequestReader
{
    // What a client only promises to send is not allocated beyond this.
    private const int MostAtOnce = 64 * 1024;

    private static readonly JsonDocumentOptions Json = new() { MaxDepth = LocalDapr.Json.GoNumbers.MaxDepth };

    /// <summary>Query parameters <c>metadata.x</c>; of several with one name the first.</summary>
    public static Dictionary<string, string> MetadataOf(HttpContext context)
    {
        const string prefix = "metadata.";
        var metadata = new Dictionary<string, string>();
        foreach (var (name, values) in context.Request.Query)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                metadata[name[prefix.Length..]] = values[0] ?? "";
        }
        return metadata;
    }

    /// <exception cref="DaprError">The body is no JSON, or not of the expected kind.</exception>
    public static async Task<JsonElement> JsonAsync(HttpContext context, JsonValueKind expected)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, Json, context.RequestAborted);
            return document.RootElement.ValueKind == expected
                ? document.RootElement.Clone()
                : throw new JsonException($"json: cannot unmarshal {document.RootElement.ValueKind} into the request");
        }
        catch (Exception exception) when (exception is JsonException or BadHttpRequestException)
        {
            throw DaprError.Malformed(exception.Message, exception);
        }
    }

    public static async Task<byte[]> BytesAsync(HttpContext context)
    {
        if (context.Request.ContentLength is { } length and <= MostAtOnce)
        {
            var body = GC.AllocateUninitializedArray<byte>((int)length);
            await context.Request.Body.ReadExactlyAsync(body, context.RequestAborted);
            return body;
        }
        using var buffer = new MemoryStream();
        await context.Request.Body.CopyToAsync(buffer, context.RequestAborted);
        return buffer.ToArray();
    }

    /// <summary>The path and query as they were sent, still escaped.</summary>
    public static string Target(HttpContext context) => context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;

    /// <summary>A member of an object; null when it is missing or null.</summary>
    public static JsonElement? Member(this JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <exception cref="DaprError">The member is no string.</exception>
    public static string? Text(this JsonElement json, string name) => json.Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } text => text.GetString(),
        _ => throw DaprError.Malformed($"json: cannot unmarshal '{name}' into a string"),
    };

    /// <summary>A member that maps names to strings; empty when it is missing.</summary>
    /// <exception cref="DaprError">It does not.</exception>
    public static Dictionary<string, string> Texts(this JsonElement json, string name)
    {
        var texts = new Dictionary<string, string>();
        if (json.Member(name) is not { } map)
            return texts;
        if (map.ValueKind != JsonValueKind.Object)
            throw DaprError.Malformed($"json: cannot unmarshal '{name}' into a map");
        foreach (var property in map.EnumerateObject())
            texts[property.Name] = map.Text(property.Name) ?? "";
        return texts;
    }
}
