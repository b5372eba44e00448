using Dapr.Actors;
using Dapr.Actors.Runtime;
using Host = Dapr.Actors.Runtime.ActorHost;

namespace ImDapr.UnitTests.LocalDapr.Actors;

public interface ICounterActor : IActor
{
    Task<long> AddAsync(long amount);

    Task<string> EchoAsync(string text);

    Task FailAsync();

    Task WakeAsync();

    Task TickAsync();
}

/// <summary>A number that is saved with every call, and can be woken.</summary>
public sealed class CounterActor(Host host) : Actor(host), ICounterActor, IRemindable
{
    public async Task<long> AddAsync(long amount)
    {
        var sum = await StateManager.GetOrAddStateAsync("sum", 0L) + amount;
        await StateManager.SetStateAsync("sum", sum);
        return sum;
    }

    public Task<string> EchoAsync(string text) => Task.FromResult(text);

    public Task FailAsync() => throw new InvalidOperationException("out of order");

    public Task WakeAsync() => RegisterReminderAsync("wake", [1, 2], TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(-1));

    public Task TickAsync() => RegisterTimerAsync("tick", nameof(OnTickAsync), [3], TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(-1));

    public Task OnTickAsync(byte[] state) => StateManager.SetStateAsync("ticked", state.Length);

    public Task ReceiveReminderAsync(string reminderName, byte[] state, TimeSpan dueTime, TimeSpan period) =>
        StateManager.SetStateAsync("woken", $"{reminderName} {state.Length} {dueTime.TotalMilliseconds}");
}
