using System.Text.Json;

namespace ImDapr.LocalDapr.Actors;

/// <summary>The JSON of the actor API: timers, reminders and errors.</summary>
internal static class ActorJson
{
    public static TimerRequest ReadTimer(ReadOnlyMemory<byte> body)
    {
        using var json = Parse(body);
        var root = json.RootElement;
        return new TimerRequest(Text(root, "dueTime"), Text(root, "period"), Text(root, "ttl"), Text(root, "callback"), Data(root));
    }

    public static ReminderRequest ReadReminder(ReadOnlyMemory<byte> body)
    {
        using var json = Parse(body);
        var root = json.RootElement;
        var overwrite = !root.TryGetProperty("overwrite", out var value) || value.ValueKind != JsonValueKind.False;
        return new ReminderRequest(Text(root, "dueTime"), Text(root, "period"), Text(root, "ttl"), Data(root), overwrite);
    }

    public static async Task WriteReminderAsync(HttpContext context, Reminder reminder)
    {
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("actorID", reminder.Id);
        json.WriteString("actorType", reminder.Type);
        if (reminder.Data is not null)
        {
            json.WritePropertyName("data");
            json.WriteRawValue(reminder.Data);
        }

        WriteText(json, "dueTime", reminder.DueTime);
        WriteText(json, "period", reminder.Schedule);

        // Shown only when it was given as a point in time, as in daprd.
        if (reminder.Ttl is not null && ActorSchedule.ParseRfc3339(reminder.Ttl) is not null)
            json.WriteString("ttl", reminder.Ttl);

        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }

    public static async Task WriteErrorAsync(HttpContext context, ActorApiException error)
    {
        context.Response.StatusCode = error.Status;
        context.Response.ContentType = "application/json";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("errorCode", error.Code);
        json.WriteString("message", error.Message);
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }

    private static JsonDocument Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            var json = JsonDocument.Parse(body);
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? json
                : throw ActorApiException.Malformed("json: cannot unmarshal the body into an object");
        }
        catch (JsonException e)
        {
            throw ActorApiException.Malformed(e.Message);
        }
    }

    private static string Text(JsonElement root, string name) =>
        !root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? ""
        : value.ValueKind == JsonValueKind.String ? value.GetString()!
        : throw ActorApiException.Malformed($"json: cannot unmarshal {name} into a string");

    private static byte[]? Data(JsonElement root) =>
        root.TryGetProperty("data", out var data) ? System.Runtime.InteropServices.JsonMarshal.GetRawUtf8Value(data).ToArray() : null;

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }
}
