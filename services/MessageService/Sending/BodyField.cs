using System.Text.Json;

namespace ImDapr.MessageService.Sending;

/// <summary>A field of a body.</summary>
/// <param name="Rule">What it has to be, for the sentence of a refusal.</param>
public sealed record BodyField(string Name, bool IsRequired, string Rule, Func<JsonElement, bool> IsValid)
{
    private const int UrlLength = 2_048;
    private const int NameLength = 255;

    /// <summary>What is wrong with this field of the body, or null. A field that is null counts as left out.</summary>
    public string? Check(JsonElement body)
    {
        if (!body.TryGetProperty(Name, out var value) || value.ValueKind == JsonValueKind.Null)
            return IsRequired ? $"needs {Name}: {Rule}" : null;
        return IsValid(value) ? null : $"has a wrong {Name}: it is {Rule}";
    }

    public static BodyField Url(string name, bool isRequired) => new(
        name, isRequired, $"an http or https address or a path of at most {UrlLength} characters", value => TextOf(value) is { } text && IsUrl(text));

    public static BodyField Text(string name) => new(name, true, "a text that is not empty", value => TextOf(value) is { Length: > 0 });

    public static BodyField FileName(string name) =>
        new(name, true, $"1 to {NameLength} characters", value => TextOf(value) is { Length: > 0 and <= NameLength });

    public static BodyField Count(string name, bool isRequired) => new(name, isRequired, "a whole number, 0 or more", value => NumberOf(value) >= 0);

    public static BodyField Seq(string name) => new(name, true, "the seq of a message, 1 or more", value => NumberOf(value) >= 1);

    public static BodyField Object(string name) => new(name, true, "a JSON object", value => value.ValueKind == JsonValueKind.Object);

    public static BodyField Flag(string name) => new(name, false, "true or false", value => value.ValueKind is JsonValueKind.True or JsonValueKind.False);

    public static BodyField Reaction(string name, int length) => new(
        name, true, $"1 to {length} characters", value => TextOf(value) is { Length: > 0 } text && text.Length <= length && !text.Any(char.IsControl));

    private static string? TextOf(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long NumberOf(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) ? number : -1;

    // "//host" and "/\host" look like paths and lead to another host.
    private static bool IsUrl(string text)
    {
        if (text.Length is 0 or > UrlLength || text.Any(letter => letter is <= ' ' or '\\' or '\u007f'))
            return false;
        if (text[0] == '/')
            return !text.StartsWith("//", StringComparison.Ordinal);
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            && url.Host.Length > 0;
    }
}
