using Dapr.Actors.Runtime;
using Host = Dapr.Actors.Runtime.ActorHost;

namespace ImDapr.DaprConformanceApp.Actors;

public sealed class CounterActor(Host host) : Actor(host), ICounterActor, IRemindable
{
    private const string Sum = "sum";
    private const string Text = "text";
    private const string Ticks = "ticks";
    private const string Woken = "woken";

    public async Task<long> AddAsync(long amount)
    {
        var sum = await ReadAsync() + amount;
        await StateManager.SetStateAsync(Sum, sum);
        return sum;
    }

    public Task<long> ReadAsync() => StateManager.GetOrAddStateAsync(Sum, 0L);

    public Task<string> EchoAsync(string text) => Task.FromResult(text);

    public Task FailAsync(string reason) => throw new InvalidOperationException(reason);

    public async Task<long> AddSlowlyAsync(int milliseconds)
    {
        var sum = await ReadAsync();
        await Task.Delay(milliseconds);
        await StateManager.SetStateAsync(Sum, sum + 1);
        return sum + 1;
    }

    public Task SetTextAsync(string value) => StateManager.SetStateAsync(Text, value);

    public async Task<string?> GetTextAsync() => await StateManager.TryGetStateAsync<string>(Text) is { HasValue: true, Value: var value } ? value : null;

    public Task RemoveTextAsync() => StateManager.TryRemoveStateAsync(Text);

    public Task SetExpiringAsync(int seconds) => StateManager.SetStateAsync(Text, "expiring", TimeSpan.FromSeconds(seconds));

    public async Task ChangeAndFailAsync()
    {
        await AddAsync(1000);
        throw new InvalidOperationException("after the change");
    }

    public Task StartTimerAsync(string name, int dueMs, int periodMs) =>
        RegisterTimerAsync(name, nameof(OnTickAsync), [1], TimeSpan.FromMilliseconds(dueMs), TimeSpan.FromMilliseconds(periodMs));

    public Task StopTimerAsync(string name) => UnregisterTimerAsync(name);

    public async Task OnTickAsync(byte[] data) => await StateManager.SetStateAsync(Ticks, await TicksAsync() + data.Length);

    public Task<int> TicksAsync() => StateManager.GetOrAddStateAsync(Ticks, 0);

    public Task StartReminderAsync(string name, int dueMs, int periodMs) =>
        RegisterReminderAsync(name, [7, 8], TimeSpan.FromMilliseconds(dueMs), TimeSpan.FromMilliseconds(periodMs));

    public Task StartReminderTimesAsync(string name, int periodMs, int repetitions) =>
        RegisterReminderAsync(name, [], TimeSpan.Zero, TimeSpan.FromMilliseconds(periodMs), repetitions);

    public Task StopReminderAsync(string name) => UnregisterReminderAsync(name);

    public Task<string[]> RemindersAsync() => StateManager.GetOrAddStateAsync<string[]>(Woken, []);

    public async Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period)
    {
        var woken = await RemindersAsync();
        var said = $"{reminderName} {string.Join(',', state)} {dueTime.TotalMilliseconds} {period.TotalMilliseconds}";
        await StateManager.SetStateAsync<string[]>(Woken, [.. woken, said]);
    }
}
