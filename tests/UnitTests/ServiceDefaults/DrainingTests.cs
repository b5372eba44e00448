using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.ServiceDefaults;

public sealed class DrainingTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _time = new();
    private readonly List<Draining> _drains = [];

    [Fact]
    public async Task It_says_that_it_is_leaving_and_ends_when_every_step_has_ended()
    {
        var (one, other) = (new Step(), new Step());
        var draining = Drain(one, other);

        Assert.False(draining.HasBegun);
        var running = draining.RunAsync(CancellationToken.None);
        await one.Started.WaitAsync(Patience);
        await other.Started.WaitAsync(Patience);
        Assert.True(draining.Began.IsCancellationRequested);
        one.End.SetResult();
        Assert.False(running.IsCompleted);
        other.End.SetResult();

        await running.WaitAsync(Patience);
    }

    [Fact]
    public async Task Clients_that_keep_their_connection_are_sent_away_while_it_drains()
    {
        var draining = Drain();
        var (before, meanwhile) = (new DefaultHttpContext(), new DefaultHttpContext());
        before.Request.Protocol = meanwhile.Request.Protocol = HttpProtocol.Http11;

        draining.AskToLeave(before.Response);
        await draining.RunAsync(CancellationToken.None);
        draining.AskToLeave(meanwhile.Response);

        Assert.Equal(("", "close"), (before.Response.Headers.Connection.ToString(), meanwhile.Response.Headers.Connection.ToString()));
    }

    [Fact]
    public async Task The_limit_ends_it_whatever_a_step_does()
    {
        var deaf = new Step();
        var running = Drain(deaf).RunAsync(CancellationToken.None);
        await deaf.Started.WaitAsync(Patience);

        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.False(running.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        await running.WaitAsync(Patience);
        Assert.True(deaf.Limit.IsCancellationRequested);
    }

    [Fact]
    public async Task Who_cannot_wait_ends_it_at_once()
    {
        using var now = new CancellationTokenSource();
        var step = new Step();
        var running = Drain(step).RunAsync(now.Token);
        await step.Started.WaitAsync(Patience);

        await now.CancelAsync();

        await running.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_step_that_fails_does_not_end_the_others()
    {
        var step = new Step();
        var running = Drain(new Broken(), step).RunAsync(CancellationToken.None);

        await step.Started.WaitAsync(Patience);
        Assert.False(running.IsCompleted);
        step.End.SetResult();

        await running.WaitAsync(Patience);
    }

    public void Dispose() => _drains.ForEach(draining => draining.Dispose());

    private Draining Drain(params IDrainStep[] steps)
    {
        var draining = new Draining(steps, Options.Create(new DrainOptions { LimitSeconds = 20 }), _time, NullLogger<Draining>.Instance);
        _drains.Add(draining);
        return draining;
    }

    private sealed class Step : IDrainStep
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Started => _started.Task;

        public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken Limit { get; private set; }

        public Task DrainAsync(CancellationToken limit)
        {
            Limit = limit;
            _started.SetResult();
            return End.Task;
        }
    }

    private sealed class Broken : IDrainStep
    {
        public Task DrainAsync(CancellationToken limit) => Task.FromException(new InvalidOperationException("broken"));
    }
}
