using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.ServiceDefaults;

public sealed class QuietRequestsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Without_requests_it_is_quiet_after_the_time_that_others_need_to_notice()
    {
        var draining = Quiet(1500).DrainAsync(CancellationToken.None);

        _time.Advance(TimeSpan.FromMilliseconds(1499));
        Assert.False(draining.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await draining.WaitAsync(Patience);
    }

    [Fact]
    public async Task A_request_under_way_is_waited_for_and_then_the_quiet_begins_anew()
    {
        var quiet = Quiet(1500);
        var request = new Request(quiet, "/internal/sends");
        var draining = quiet.DrainAsync(CancellationToken.None);

        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(draining.IsCompleted);
        await request.EndAsync();
        Assert.False(draining.IsCompleted);

        await AdvanceUntilAsync(draining, TimeSpan.FromMilliseconds(1500));
    }

    [Fact]
    public async Task A_request_that_still_comes_puts_the_end_off()
    {
        var quiet = Quiet(1500);
        var draining = quiet.DrainAsync(CancellationToken.None);

        _time.Advance(TimeSpan.FromMilliseconds(1000));
        await new Request(quiet, "/events/messages").EndAsync();
        _time.Advance(TimeSpan.FromMilliseconds(1000));
        Assert.False(draining.IsCompleted);

        await AdvanceUntilAsync(draining, TimeSpan.FromMilliseconds(500));
    }

    [Theory]
    [InlineData("/healthz")]
    [InlineData("/hub/im")]
    public async Task Who_asks_for_health_and_who_is_waited_for_elsewhere_does_not_count(string path)
    {
        var quiet = Quiet(0);
        var request = new Request(quiet, path);

        await quiet.DrainAsync(CancellationToken.None).WaitAsync(Patience);

        await request.EndAsync();
    }

    [Fact]
    public async Task The_limit_ends_the_wait()
    {
        using var limit = new CancellationTokenSource();
        var quiet = Quiet(1500);
        var request = new Request(quiet, "/api/inbox");
        var draining = quiet.DrainAsync(limit.Token);

        await limit.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => draining.WaitAsync(Patience));
        await request.EndAsync();
    }

    private QuietRequests Quiet(int milliseconds) =>
        new(["/healthz", "/hub"], Options.Create(new DrainOptions { QuietMilliseconds = milliseconds }), _time);

    // The wait that follows a request is begun on another thread: the clock moves on until that has happened, and by this much at least.
    private async Task AdvanceUntilAsync(Task draining, TimeSpan most)
    {
        _time.Advance(most);
        using var limit = new CancellationTokenSource(Patience);
        while (!draining.IsCompleted)
        {
            limit.Token.ThrowIfCancellationRequested();
            await Task.Yield();
            _time.Advance(TimeSpan.FromMilliseconds(1));
        }
        await draining;
    }

    private sealed class Request
    {
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly Task _running;

        public Request(QuietRequests quiet, string path) =>
            _running = quiet.CountAsync(new DefaultHttpContext { Request = { Path = path } }, _ => _end.Task);

        public Task EndAsync()
        {
            _end.SetResult();
            return _running.WaitAsync(Patience);
        }
    }
}
