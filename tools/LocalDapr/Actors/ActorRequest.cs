using Microsoft.AspNetCore.Http.Features;

namespace ImDapr.LocalDapr.Actors;

/// <summary>Reads what a request to the actor API names, and its body.</summary>
internal static class ActorRequest
{
    private const string Prefix = "/v1.0/actors/";

    public static string Type(HttpContext context) => Segment(context, "type", 0);

    public static string Id(HttpContext context) => Segment(context, "id", 1);

    /// <summary>Method, state key, or name of a timer or reminder.</summary>
    public static string Name(HttpContext context) => Segment(context, "name", 3);

    /// <exception cref="ActorApiException">The type belongs to daprd itself.</exception>
    public static string OwnType(HttpContext context)
    {
        var type = Type(context);
        return type.StartsWith("dapr.internal.", StringComparison.Ordinal) ? throw ActorApiException.TypeReserved(type) : type;
    }

    /// <summary>A name is an identifier, not a path: what could lead elsewhere in a URL is refused.</summary>
    public static void Validate(string name, string? what = null)
    {
        var reason = name is "." or ".." ? "is a path traversal sequence"
            : name.AsSpan().IndexOfAny("#?\0/\\") >= 0 ? "contains forbidden character"
            : name.Any(char.IsControl) ? "contains control character"
            : null;
        if (reason is not null)
            throw ActorApiException.BadRequest($"{(what is null ? "" : $"invalid {what}: ")}name {reason}: \"{name}\"");
    }

    public static async ValueTask<ReadOnlyMemory<byte>> BodyAsync(HttpContext context)
    {
        try
        {
            return context.Request.ContentLength is { } length
                ? await ExactlyAsync(context, length)
                : await ToEndAsync(context);
        }
        catch (BadHttpRequestException e)
        {
            throw ActorApiException.BadRequest($"failed to read body: {e.Message}");
        }
    }

    // Not pooled: a connection that is given up may still be sending it.
    private static async ValueTask<ReadOnlyMemory<byte>> ExactlyAsync(HttpContext context, long length)
    {
        if (length == 0)
            return default;

        if (length > ActorReply.MaxBody)
            throw ActorApiException.BadRequest("failed to read body: http: request body too large");

        var body = GC.AllocateUninitializedArray<byte>((int)length);
        await context.Request.Body.ReadExactlyAsync(body, context.RequestAborted);
        return body;
    }

    private static async ValueTask<ReadOnlyMemory<byte>> ToEndAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        var chunk = new byte[4096];
        int read;
        while ((read = await context.Request.Body.ReadAsync(chunk, context.RequestAborted)) > 0)
        {
            if (body.Length + read > ActorReply.MaxBody)
                throw ActorApiException.BadRequest("failed to read body: http: request body too large");

            body.Write(chunk, 0, read);
        }

        return body.GetBuffer().AsMemory(0, (int)body.Length);
    }

    // The server decodes a path but for its slashes (%2F): such a segment is taken from the request line instead, so that "%2F" is told from "%252F".
    private static string Segment(HttpContext context, string name, int index)
    {
        var value = (string)context.Request.RouteValues[name]!;
        if (!value.Contains("%2F", StringComparison.OrdinalIgnoreCase))
            return value;

        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var start = target.IndexOf(Prefix, StringComparison.Ordinal) + Prefix.Length;
        var path = target.AsSpan(start, target.IndexOf('?') is var query and >= 0 ? query - start : target.Length - start);
        foreach (var range in path.Split('/'))
        {
            if (index-- == 0)
                return Uri.UnescapeDataString(path[range]);
        }

        return value;
    }
}
