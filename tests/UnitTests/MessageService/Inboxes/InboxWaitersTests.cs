using ImDapr.MessageService.Inbox;
using Microsoft.Extensions.Options;

namespace ImDapr.UnitTests.MessageService.Inboxes;

public sealed class InboxWaitersTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private readonly InboxWaiters _waiters = new(Options.Create(new InboxOptions { MaxPolls = 2 }));

    [Fact]
    public async Task What_happens_between_the_look_and_the_wait_is_not_missed()
    {
        using var waiter = _waiters.Begin("ann", "d1")!;

        _waiters.Wake(["bob", "ann"]);
        _waiters.Wake(["ann"]); // one word is enough

        await waiter.WaitAsync(Long, CancellationToken.None);
        Assert.False(waiter.IsSuperseded);
    }

    [Fact]
    public async Task A_newer_poll_of_a_device_ends_the_older()
    {
        using var older = _waiters.Begin("ann", "d1")!;
        using var other = _waiters.Begin("ann", "d2")!;

        using var newer = _waiters.Begin("ann", "d1")!;

        await older.WaitAsync(Long, CancellationToken.None);
        Assert.Equal((true, false, false), (older.IsSuperseded, other.IsSuperseded, newer.IsSuperseded));
        older.Dispose();
        _waiters.Wake(["ann"]);
        await newer.WaitAsync(Long, CancellationToken.None); // the end of the older did not end it
    }

    [Fact]
    public void Only_so_many_wait_at_a_time()
    {
        var first = _waiters.Begin("ann", "d1")!;
        using var second = _waiters.Begin("bob", "d1");

        Assert.Null(_waiters.Begin("carl", "d1"));
        first.Dispose();
        using var third = _waiters.Begin("carl", "d1");
        Assert.NotNull(third);
    }
}
