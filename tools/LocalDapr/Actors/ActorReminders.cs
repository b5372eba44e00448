namespace ImDapr.LocalDapr.Actors;

/// <summary>What a reminder is asked to be, with the texts as they came; empty where nothing was given.</summary>
public sealed record ReminderRequest(string DueTime, string Period, string Ttl, byte[]? Data, bool Overwrite = true);

/// <summary>Reminders of the actor types that this sidecar hosts, with the refusals of daprd and its scheduler.</summary>
public sealed class ActorReminders(ActorRuntime runtime, ReminderStore store, TimeProvider time)
{
    public void Create(string type, string id, string name, ReminderRequest request)
    {
        RequireHosted(type);
        if (!store.Save(Plan(type, id, name, request), request.Overwrite))
            throw ActorApiException.ReminderExists(name);
    }

    public void Delete(string type, string id, string name)
    {
        RequireHosted(type);
        store.Delete(type, id, name);
    }

    public Reminder Get(string type, string id, string name)
    {
        RequireHosted(type);
        return store.Find(type, id, name) ?? throw ActorApiException.ReminderMissing(name);
    }

    private void RequireHosted(string type)
    {
        if (!runtime.Hosts(type))
            throw ActorApiException.ReminderNotHosted();
    }

    private Reminder Plan(string type, string id, string name, ReminderRequest request)
    {
        var now = time.GetUtcNow();
        var (period, repeats) = Period(request.Period);
        if (period is null && request.DueTime.Length == 0)
            throw ActorApiException.ReminderCreate("job must have either a due time or a schedule");

        if (period is null && request.Ttl.Length > 0)
            throw ActorApiException.ReminderCreate("job must have a schedule to have a ttl");

        var due = request.DueTime.Length == 0
            ? now
            : Time(request.DueTime, now) ?? throw ActorApiException.ReminderCreate("due time format not recognized");
        DateTimeOffset? expires = request.Ttl.Length == 0
            ? null
            : Time(request.Ttl, due) ?? throw ActorApiException.ReminderCreate("ttl format not recognized");
        if (request.DueTime.Length > 0 && due > expires)
            throw ActorApiException.ReminderCreate("ttl must be greater than due time");

        // Without a due time the first tick comes after one period.
        var tick = request.DueTime.Length == 0 ? due + period!.Value : due;
        return new Reminder(
            type, id, name, request.Data, OrNull(request.DueTime), OrNull(request.Ttl), period, repeats, tick, expires, tick);
    }

    // The scheduler knows no calendar: years, months and days are refused, with repetitions (R3/P1D) or without.
    private static (TimeSpan? Period, int Repeats) Period(string text)
    {
        if (text.Length == 0)
            return (null, -1);

        if (ActorSchedule.ParsePeriod(text) is not { HasCalendarPart: false } period || period.Duration <= TimeSpan.Zero)
            throw ActorApiException.ReminderCreate($"unsupported period format: {text}");

        return (period.Duration, period.Repeats > 0 ? period.Repeats : -1);
    }

    private static DateTimeOffset? Time(string text, DateTimeOffset start) => ActorSchedule.ParseTime(text, start);

    private static string? OrNull(string text) => text.Length == 0 ? null : text;
}
