using Dapr.Actors;

namespace ImDapr.DaprConformanceApp.Actors;

/// <summary>An actor on the SDK.</summary>
public interface ICounterActor : IActor
{
    Task<long> AddAsync(long amount);

    Task<long> ReadAsync();

    Task<string> EchoAsync(string text);

    Task FailAsync(string reason);

    /// <summary>Reads, waits, writes: two of them at a time would lose one.</summary>
    Task<long> AddSlowlyAsync(int milliseconds);

    Task SetTextAsync(string value);

    Task<string?> GetTextAsync();

    Task RemoveTextAsync();

    /// <summary>Saves with a time to live.</summary>
    Task SetExpiringAsync(int seconds);

    /// <summary>Changes state and then fails: nothing of it may stay.</summary>
    Task ChangeAndFailAsync();

    Task StartTimerAsync(string name, int dueMs, int periodMs);

    Task StopTimerAsync(string name);

    Task<int> TicksAsync();

    Task StartReminderAsync(string name, int dueMs, int periodMs);

    Task StartReminderTimesAsync(string name, int periodMs, int repetitions);

    Task StopReminderAsync(string name);

    Task<string[]> RemindersAsync();
}
