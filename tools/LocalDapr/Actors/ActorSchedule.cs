using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Actors;

/// <summary>When a timer or reminder fires: Go durations, ISO 8601 (<c>R3/PT5S</c>) or RFC 3339 times (dapr-contract 5.5).</summary>
/// <param name="DueAt">First tick.</param>
/// <param name="Period">Time between ticks; null: only once.</param>
/// <param name="Repeats">Ticks in all; null: without end.</param>
/// <param name="EndsAt">No tick after this.</param>
public sealed partial record ActorSchedule(DateTimeOffset DueAt, TimeSpan? Period, int? Repeats, DateTimeOffset? EndsAt)
{
    /// <exception cref="FormatException">A text is none of the known forms, or asks for no tick at all.</exception>
    public static ActorSchedule Read(JsonElement body, DateTimeOffset now)
    {
        var due = Text(body, "dueTime") is { } dueText ? Moment(dueText, now) : now;
        var (period, repeats) = Text(body, "period") is { } periodText ? ReadPeriod(periodText) : (null, null);
        DateTimeOffset? ends = Text(body, "ttl") is { } ttl ? Moment(ttl, due) : null;
        if (repeats == 0)
            throw new FormatException("repetition count must be more than zero");
        return ends <= now
            ? throw new FormatException("ttl has expired already")
            : new ActorSchedule(due, period, period is null ? 1 : repeats, ends);
    }

    /// <summary>The schedule after a tick, or null when that was the last one.</summary>
    public ActorSchedule? Next(DateTimeOffset now)
    {
        if (Period is not { } period || Repeats == 1)
            return null;
        var next = this with { DueAt = now + period, Repeats = Repeats - 1 };
        return next.DueAt > EndsAt ? null : next;
    }

    private static (TimeSpan? Period, int? Repeats) ReadPeriod(string text)
    {
        var match = Repetition().Match(text);
        int? repeats = match.Success && match.Groups["n"].Length > 0 ? int.Parse(match.Groups["n"].Value, CultureInfo.InvariantCulture) : null;
        var period = match.Success ? match.Groups["period"].Value : text;
        if (period.Length == 0)
            return (TimeSpan.Zero, repeats);
        var duration = Duration(period);
        return (duration < TimeSpan.Zero ? null : duration, repeats);
    }

    private static DateTimeOffset Moment(string text, DateTimeOffset from) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var moment) && text.Contains('T', StringComparison.Ordinal) && text[0] != 'P'
            ? moment
            : from + Duration(text);

    private static TimeSpan Duration(string text)
    {
        if (text[0] is 'P')
            return XmlConvert.ToTimeSpan(text);
        return GoDuration.TryParse(text, out var duration) ? duration : throw new FormatException($"unsupported time/duration format: {text}");
    }

    private static string? Text(JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text
            ? text
            : null;

    [GeneratedRegex(@"\AR(?<n>\d*)/?(?<period>.*)\z")]
    private static partial Regex Repetition();
}
