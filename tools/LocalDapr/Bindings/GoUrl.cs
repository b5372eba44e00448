using System.Text;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>Addresses as Go takes them: dots in a path stay where they are, only what may not stand in an address is escaped.</summary>
internal static class GoUrl
{
    private const string Hexadecimal = "0123456789ABCDEFabcdef";
    private const string Allowed = "-_.~!$&'()*+,;=:@[]%/?";
    private static readonly UriCreationOptions Untouched = new() { DangerousDisablePathAndQueryCanonicalization = true };

    /// <exception cref="BindingException">It is no address of http or https.</exception>
    public static Uri Parse(string text)
    {
        var url = text.Split('#')[0];
        if (url.Any(char.IsControl))
            throw new BindingException($"parse \"{text}\": net/url: invalid control character in URL");
        var path = url.Split('?')[0];
        for (var i = path.IndexOf('%'); i >= 0; i = path.IndexOf('%', i + 1))
        {
            if (i + 2 >= path.Length || !Hexadecimal.Contains(path[i + 1]) || !Hexadecimal.Contains(path[i + 2]))
                throw new BindingException($"parse \"{text}\": invalid URL escape \"{path[i..Math.Min(i + 3, path.Length)]}\"");
        }
        return Uri.TryCreate(Complete(url), Untouched, out var parsed) && IsWeb(parsed)
            ? parsed
            : throw new BindingException($"\"{text}\": unsupported protocol scheme or no host in request URL");
    }

    /// <exception cref="BindingException">It leads to no address of http or https.</exception>
    public static Uri Resolve(Uri from, string location)
    {
        if (Uri.TryCreate(location, UriKind.Absolute, out var absolute) && IsWeb(absolute))
            return Parse(location);
        return Uri.TryCreate(from, location, out var target) && IsWeb(target)
            ? Parse(target.AbsoluteUri)
            : throw new BindingException($"failed to parse Location header \"{location}\"");
    }

    /// <summary>For messages: without the password.</summary>
    public static string Text(Uri url)
    {
        var colon = url.UserInfo.IndexOf(':');
        return colon < 0 ? url.OriginalString : url.OriginalString.Replace($"{url.UserInfo}@", $"{url.UserInfo[..colon]}:***@", StringComparison.Ordinal);
    }

    private static bool IsWeb(Uri url) => url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps;

    // Untouched means just that: also what every address needs has to be put in here.
    private static string Complete(string url)
    {
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        if (scheme < 0)
            return url;
        var begin = url.IndexOfAny(['/', '?'], scheme + 3) is >= 0 and var found ? found : url.Length;
        var path = Escape(url[begin..]);
        return url[..begin] + (path.StartsWith('/') ? path : $"/{path}");
    }

    private static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (char.IsAsciiLetterOrDigit((char)value) || Allowed.Contains((char)value))
                escaped.Append((char)value);
            else
                escaped.Append('%').Append(value.ToString("X2"));
        }
        return escaped.ToString();
    }
}
