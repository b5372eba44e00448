using ImDapr.LocalDapr.Expressions;
using ImDapr.LocalDapr.Policies;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.LocalDapr.Policies;

/// <summary>States of a circuit breaker, as daprd's library moves between them.</summary>
public sealed class CircuitBreakerTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task It_opens_when_it_trips_and_refuses_without_a_call()
    {
        var breaker = Breaker("consecutiveFailures >= 2");
        await FailAsync(breaker, 2);

        var calls = 0;
        var refused = await Assert.ThrowsAsync<CircuitOpenException>(() => breaker.RunAsync(() => Task.FromResult(++calls)));

        Assert.Equal("circuit breaker is open", refused.Message);
        Assert.Equal(0, calls);
    }

    [Fact]
    public async Task A_success_between_starts_the_row_of_failures_anew()
    {
        var breaker = Breaker("consecutiveFailures >= 2");

        await FailAsync(breaker, 1);
        await breaker.RunAsync(() => Task.CompletedTask);
        await FailAsync(breaker, 1);

        await breaker.RunAsync(() => Task.CompletedTask);
    }

    [Fact]
    public async Task After_its_time_a_trial_decides_whether_it_closes()
    {
        var breaker = Breaker("consecutiveFailures >= 1");
        await FailAsync(breaker, 1);
        _time.Advance(TimeSpan.FromSeconds(11));
        await FailAsync(breaker, 1); // the trial
        await Assert.ThrowsAsync<CircuitOpenException>(() => breaker.RunAsync(() => Task.CompletedTask));

        _time.Advance(TimeSpan.FromSeconds(11));
        await breaker.RunAsync(() => Task.CompletedTask);
        await breaker.RunAsync(() => Task.CompletedTask);
    }

    [Fact]
    public async Task While_the_trial_runs_others_are_refused()
    {
        var breaker = Breaker("consecutiveFailures >= 1");
        await FailAsync(breaker, 1);
        _time.Advance(TimeSpan.FromSeconds(11));
        var trial = new TaskCompletionSource();
        var running = breaker.RunAsync(() => trial.Task);

        var refused = await Assert.ThrowsAsync<CircuitOpenException>(() => breaker.RunAsync(() => Task.CompletedTask));

        Assert.Equal("too many requests", refused.Message);
        trial.SetResult();
        await running;
    }

    [Fact]
    public async Task Counts_are_cleared_after_each_interval()
    {
        var breaker = Breaker("totalFailures >= 2", TimeSpan.FromSeconds(5));
        await FailAsync(breaker, 1);
        _time.Advance(TimeSpan.FromSeconds(6));
        await FailAsync(breaker, 1);

        await breaker.RunAsync(() => Task.CompletedTask);
        await FailAsync(breaker, 1);
        await Assert.ThrowsAsync<CircuitOpenException>(() => breaker.RunAsync(() => Task.CompletedTask));
    }

    private CircuitBreaker Breaker(string trip, TimeSpan interval = default) =>
        new(new CircuitBreakerSettings(1, interval, TimeSpan.FromSeconds(10), CelExpression.Compile(trip)), _time);

    private static async Task FailAsync(CircuitBreaker breaker, int times)
    {
        for (var i = 0; i < times; i++)
            await Assert.ThrowsAsync<TimeoutException>(() => breaker.RunAsync(() => throw new TimeoutException()));
    }
}
