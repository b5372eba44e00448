using ImDapr.ServiceDefaults.Health;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.ServiceDefaults.Health;

public sealed class ReadinessTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly Draining _draining;
    private readonly Readiness _readiness;
    private Func<CancellationToken, Task<HealthCheckResult>> _store = _ => Task.FromResult(HealthCheckResult.Healthy());
    private int _asked;

    public ReadinessTests()
    {
        var services = new ServiceCollection().AddLogging();
        services.AddHealthChecks()
            .AddAsyncCheck("store", AskAsync, [HealthExtensions.ReadyTag], TimeSpan.FromMilliseconds(50))
            .AddCheck("fine", () => HealthCheckResult.Healthy(), [HealthExtensions.ReadyTag]);
        _draining = new Draining([], Options.Create(new DrainOptions()), _time, NullLogger<Draining>.Instance);
        _readiness = new Readiness(services.BuildServiceProvider().GetRequiredService<HealthCheckService>(), _draining, _time, NullLogger<Readiness>.Instance);
    }

    [Fact]
    public async Task It_is_ready_while_all_parts_answer()
    {
        var report = await _readiness.CheckAsync(default);

        Assert.Equal((true, false), (report.Ready, report.Draining));
        Assert.Empty(report.Away);
    }

    [Fact]
    public async Task It_names_the_part_that_fails_and_recovers_by_itself()
    {
        _store = _ => throw new InvalidOperationException("password=secret");
        var away = await _readiness.CheckAsync(default);
        _store = _ => Task.FromResult(HealthCheckResult.Healthy());
        _time.Advance(TimeSpan.FromSeconds(1));
        var back = await _readiness.CheckAsync(default);

        Assert.False(away.Ready);
        Assert.Equal(["store"], away.Away);
        Assert.True(back.Ready);
    }

    [Fact]
    public async Task A_part_that_does_not_answer_in_time_is_away()
    {
        _store = async token =>
        {
            await Task.Delay(Timeout.Infinite, token);
            return HealthCheckResult.Healthy();
        };

        Assert.Equal(["store"], (await _readiness.CheckAsync(default)).Away);
    }

    [Fact]
    public async Task Parts_are_asked_once_a_second_however_many_ask()
    {
        await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => _readiness.CheckAsync(default)));
        _time.Advance(TimeSpan.FromMilliseconds(999));
        await _readiness.CheckAsync(default);
        Assert.Equal(1, _asked);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        await _readiness.CheckAsync(default);
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task It_is_not_ready_from_the_moment_it_begins_to_drain()
    {
        await _readiness.CheckAsync(default);
        await _draining.RunAsync(default);

        var report = await _readiness.CheckAsync(default);

        Assert.Equal((false, true), (report.Ready, report.Draining));
        Assert.Empty(report.Away);
        Assert.True(_readiness.IsDraining);
    }

    public void Dispose()
    {
        _readiness.Dispose();
        _draining.Dispose();
    }

    private Task<HealthCheckResult> AskAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _asked);
        return _store(cancellationToken);
    }
}
