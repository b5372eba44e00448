using ImDapr.MessageService.FanOut;

namespace ImDapr.UnitTests.MessageService;

public sealed class ArrivalOrderTests
{
    private readonly ArrivalOrder _order = new();

    [Fact]
    public async Task Each_has_its_turn_after_those_that_came_before()
    {
        var (first, second) = (_order.Arrive(), _order.Arrive());

        await first.WaitAsync(default);
        var waiting = second.WaitAsync(default);
        Assert.False(waiting.IsCompleted);
        first.Dispose();

        await waiting.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Who_gives_up_lets_nobody_go_before_those_that_came_before_it()
    {
        var (first, second, third) = (_order.Arrive(), _order.Arrive(), _order.Arrive());

        second.Dispose();
        var waiting = third.WaitAsync(default);
        Assert.False(waiting.IsCompleted);
        first.Dispose();

        await waiting.WaitAsync(TimeSpan.FromSeconds(20));
    }
}
