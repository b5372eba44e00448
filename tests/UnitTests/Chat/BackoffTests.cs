using ImDapr.Chat.Connecting;
using ImDapr.Contracts;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.Chat;

public sealed class BackoffTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_hint_is_waited_out_exactly()
    {
        var waiting = new Backoff(_time).WaitAsync(RetryHint.Limited("Too many calls.", TimeSpan.FromMilliseconds(40)), default);

        _time.Advance(TimeSpan.FromMilliseconds(39));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(waiting.IsCompletedSuccessfully);
    }

    [Fact]
    public void A_foolish_hint_is_cut_to_the_longest_wait()
    {
        var waiting = new Backoff(_time).WaitAsync(RetryHint.Limited("Too many calls.", TimeSpan.FromDays(1)), default);

        _time.Advance(Backoff.Longest);

        Assert.True(waiting.IsCompletedSuccessfully);
    }
}
