using System.Globalization;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Actors;

/// <summary>A period as timers and reminders give it: a Go duration, or ISO 8601 with repetitions (<c>R3/PT5S</c>).</summary>
/// <param name="Repeats">How often it fires in all; -1: without end.</param>
public readonly record struct ActorPeriod(int Years, int Months, int Days, TimeSpan Duration, int Repeats)
{
    public bool Recurs => Repeats != 0 && (HasCalendarPart || Duration != TimeSpan.Zero);

    public bool HasCalendarPart => Years != 0 || Months != 0 || Days != 0;

    public DateTimeOffset Following(DateTimeOffset tick) => tick.AddYears(Years).AddMonths(Months).AddDays(Days) + Duration;
}

/// <summary>Reads the times of timers and reminders the way daprd does, its refusals included.</summary>
public static class ActorSchedule
{
    public static ActorPeriod? ParsePeriod(string text)
    {
        if (ParseIso8601(text) is { } iso)
            return iso;

        return GoDuration.TryParse(text, out var duration) ? new ActorPeriod(0, 0, 0, duration, -1) : null;
    }

    /// <summary>A duration from <paramref name="start"/>, or an RFC 3339 time. Null when it is neither, or has repetitions.</summary>
    public static DateTimeOffset? ParseTime(string text, DateTimeOffset start)
    {
        if (ParsePeriod(text) is { } period)
            return period.Repeats == -1 ? period.Following(start) : null;

        return ParseRfc3339(text);
    }

    public static DateTimeOffset? ParseRfc3339(string text) =>
        text.Length >= 20 && text[10] is 'T' or 't'
        && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time.ToUniversalTime() : null;

    private static ActorPeriod? ParseIso8601(string text)
    {
        var rest = text.AsSpan();
        var repeats = -1;
        if (rest.Length >= 2 && rest[0] == 'R')
        {
            var slash = rest.IndexOf('/');
            if (!int.TryParse(slash < 0 ? rest[1..] : rest[1..slash], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out repeats))
                return null;

            if (slash < 0 || slash + 1 == rest.Length)
                return new ActorPeriod(0, 0, 0, TimeSpan.Zero, repeats);

            rest = rest[(slash + 1)..];
        }

        return rest.Length > 0 && rest[0] == 'P' && text.Length >= 2 ? ParseFields(rest[1..], repeats) : null;
    }

    private static ActorPeriod? ParseFields(ReadOnlySpan<char> rest, int repeats)
    {
        var period = new ActorPeriod(0, 0, 0, TimeSpan.Zero, repeats);
        var isTime = false;
        while (!rest.IsEmpty)
        {
            if (rest[0] == 'T')
            {
                isTime = true;
                rest = rest[1..];
                continue;
            }

            var digits = rest.IndexOfAnyExcept("0123456789");
            if (digits <= 0 || !int.TryParse(rest[..digits], CultureInfo.InvariantCulture, out var value))
                return null;

            if (Add(period, rest[digits], value, isTime) is not { } added)
                return null;

            period = added;
            rest = rest[(digits + 1)..];
        }

        return period;
    }

    // "M" means months before the "T" and minutes after it.
    private static ActorPeriod? Add(ActorPeriod period, char unit, int value, bool isTime) => (unit, isTime) switch
    {
        ('Y', false) => period with { Years = value },
        ('M', false) => period with { Months = value },
        ('W', false) => period with { Days = period.Days + 7 * value },
        ('D', false) => period with { Days = period.Days + value },
        ('H', true) => period with { Duration = period.Duration + TimeSpan.FromHours(value) },
        ('M', true) => period with { Duration = period.Duration + TimeSpan.FromMinutes(value) },
        ('S', true) => period with { Duration = period.Duration + TimeSpan.FromSeconds(value) },
        _ => null
    };
}
