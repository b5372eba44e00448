using System.Globalization;
using System.Text;
using System.Text.Json;

namespace ImDapr.DaprConformanceApp.Recording;

/// <summary>
/// What a test wants to be answered; it travels inside of what the app gets: <c>{"key":"k-…","id":"1","answers":["500","RETRY","SUCCESS"]}</c>, one
/// answer per attempt, the last one for all that follow. Without a script everything is a success.
/// </summary>
public sealed record Script(string Name, IReadOnlyList<string> Answers)
{
    /// <summary>Reads it out of a body: an event's data, a reminder's data, an argument, or the body itself.</summary>
    public static Script Read(string body)
    {
        try
        {
            var payload = Payload(JsonElement.Parse(body));
            if (payload.ValueKind != JsonValueKind.Object || !payload.TryGetProperty("answers", out var answers))
                return new("", []);
            var id = payload.TryGetProperty("id", out var text) ? text.ToString() : "";
            return new($"{payload.GetProperty("key")}/{id}", [.. answers.EnumerateArray().Select(answer => answer.ToString())]);
        }
        catch (JsonException)
        {
            return new("", []); // no JSON, no script
        }
    }

    /// <summary>The answer of this attempt.</summary>
    public string Next(RecordStore records, string path) =>
        Answers.Count == 0 ? "SUCCESS" : Answers[Math.Min(records.Attempt($"{Name}{path}"), Answers.Count - 1)];

    /// <summary>A body with what is in base64 in it beside it.</summary>
    public static string PlainText(string body)
    {
        var text = new StringBuilder(body);
        foreach (var part in body.Split('"').Where(part => part.Length is > 40 and < 4096))
        {
            var bytes = new byte[part.Length];
            if (Convert.TryFromBase64String(part, bytes, out var length))
                text.Append(' ').Append(Encoding.UTF8.GetString(bytes, 0, length));
        }
        return text.ToString();
    }

    public static async Task AnswerAsync(HttpContext context, string answer)
    {
        var (word, rest) = answer.IndexOf(':') is > 0 and var colon ? (answer[..colon], answer[(colon + 1)..]) : (answer, "");
        if (word == "slow")
        {
            await Task.Delay(int.Parse(rest, CultureInfo.InvariantCulture), context.RequestAborted);
            return;
        }
        if (int.TryParse(word, out var status))
        {
            context.Response.StatusCode = status;
            if (rest.Length > 0)
                await context.Response.WriteAsync(rest);
            return;
        }
        switch (word)
        {
            case "empty": break;
            case "garbage": await context.Response.WriteAsync("this is no JSON"); break;
            case "cancel": context.Response.Headers["X-DaprReminderCancel"] = "true"; break;
            default: await context.Response.WriteAsJsonAsync(new { status = word }); break;
        }
    }

    private static JsonElement Payload(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
            return body;
        if (body.TryGetProperty("data_base64", out var base64))
            return JsonElement.Parse(Convert.FromBase64String(base64.GetString()!));
        if (!body.TryGetProperty("data", out var data))
            return body;
        return data.ValueKind == JsonValueKind.String ? JsonElement.Parse(data.GetString()!) : data;
    }
}
