using System.Text;
using ImDapr.LocalDapr.Api;

namespace ImDapr.LocalDapr.Invocation;

/// <summary>Whom a call is for, and what it calls there.</summary>
/// <param name="AppId">App id, or the absolute URL of something that is no app.</param>
/// <param name="Method">Path on the target, decoded and clean, without a leading slash.</param>
internal sealed record InvocationTarget(string AppId, string Method)
{
    private const string Header = "dapr-app-id";
    private const string MethodPart = "/method/";

    public bool IsUrl => AppId.StartsWith("http://", StringComparison.Ordinal) || AppId.StartsWith("https://", StringComparison.Ordinal);

    /// <summary>From the header, from basic authentication, or from the path, in this order; null when none names a target.</summary>
    public static InvocationTarget? Find(HttpContext context)
    {
        var target = HttpRequestReader.Target(context);
        var raw = target.IndexOf('?') is >= 0 and var query ? target[..query] : target;
        var headers = context.Request.Headers;
        if (headers[Header].ToString() is { Length: > 0 } named)
        {
            headers.Remove(Header);
            return new InvocationTarget(named, Clean(Uri.UnescapeDataString(raw)));
        }
        if (FromBasic(headers.Authorization.ToString()) is { } user)
            return new InvocationTarget(user, Clean(Uri.UnescapeDataString(raw)));
        return FromPath(raw);
    }

    private static InvocationTarget? FromPath(string raw)
    {
        // Slashes too many before the app id are forgiven; those of http:// in it are not touched.
        var path = Uri.UnescapeDataString(raw);
        var rest = path.TrimStart('/');
        foreach (var part in new[] { "v1.0", "invoke" })
        {
            if (!rest.StartsWith(part + "/", StringComparison.Ordinal))
                return null;
            rest = rest[part.Length..].TrimStart('/');
        }
        var method = rest.IndexOf(MethodPart, StringComparison.Ordinal);
        return method > 0 ? new InvocationTarget(rest[..method], Clean(rest[(method + MethodPart.Length)..])) : null;
    }

    private static string? FromBasic(string authorization)
    {
        const string scheme = "Basic ";
        var bytes = new byte[authorization.Length];
        if (!authorization.StartsWith(scheme, StringComparison.Ordinal) || !Convert.TryFromBase64String(authorization[scheme.Length..], bytes, out var length))
            return null;
        return Encoding.UTF8.GetString(bytes, 0, length).Split(':') is [var user, var password] && user.Equals(Header, StringComparison.OrdinalIgnoreCase)
            ? password
            : null;
    }

    // As Go's path.Clean: no empty parts, no dots, and nothing above the root.
    private static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == "..")
                parts.RemoveRange(Math.Max(0, parts.Count - 1), Math.Min(1, parts.Count));
            else if (part != ".")
                parts.Add(part);
        }
        return string.Join('/', parts);
    }
}
