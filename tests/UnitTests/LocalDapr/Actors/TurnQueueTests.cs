using ImDapr.LocalDapr.Actors;

namespace ImDapr.UnitTests.LocalDapr.Actors;

public sealed class TurnQueueTests
{
    private readonly TurnQueue _turns = new(reentrant: false, maxDepth: 32);
    private readonly TurnQueue _reentrant = new(reentrant: true, maxDepth: 2);

    [Fact]
    public async Task Calls_get_their_turn_in_the_order_in_which_they_came()
    {
        var order = new List<int>();
        var first = await _turns.EnterAsync(null, default);
        var waiting = Enumerable.Range(1, 20).Select(number => TakeTurnAsync(number, order)).ToArray();

        Assert.All(waiting, call => Assert.False(call.IsCompleted));
        _turns.Exit(first);
        await Task.WhenAll(waiting).WaitAsync(Wait.Limit);

        Assert.Equal(Enumerable.Range(1, 20), order);
    }

    [Fact]
    public async Task A_cancelled_call_leaves_the_queue_and_the_next_one_moves_up()
    {
        using var impatient = new CancellationTokenSource();
        var first = await _turns.EnterAsync(null, default);
        var second = _turns.EnterAsync(null, impatient.Token).AsTask();
        var third = _turns.EnterAsync(null, default).AsTask();

        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        Assert.False(third.IsCompleted);
        _turns.Exit(first);

        _turns.Exit(await third.WaitAsync(Wait.Limit));
        Assert.True(_turns.EnterAsync(null, default).IsCompleted);
    }

    [Fact]
    public async Task A_chain_of_calls_enters_again_and_others_wait_for_all_of_it()
    {
        var outer = await _reentrant.EnterAsync("a", default);
        var inner = _reentrant.EnterAsync("a", default);
        var other = _reentrant.EnterAsync("b", default).AsTask();

        Assert.True(inner.IsCompleted);
        _reentrant.Exit(await inner);
        Assert.False(other.IsCompleted);
        _reentrant.Exit(outer);

        _reentrant.Exit(await other.WaitAsync(Wait.Limit));
    }

    [Fact]
    public async Task A_chain_that_is_too_deep_is_refused()
    {
        await _reentrant.EnterAsync("a", default);
        await _reentrant.EnterAsync("a", default);

        var refusal = await Assert.ThrowsAsync<ActorApiException>(async () => await _reentrant.EnterAsync("a", default));

        Assert.Equal((500, "ERR_ACTOR_STACK_DEPTH"), (refusal.Status, refusal.Code));
    }

    [Fact]
    public async Task After_a_chain_that_was_too_deep_nobody_gets_a_turn_until_the_queue_is_closed()
    {
        var outer = await _reentrant.EnterAsync("a", default);
        var inner = await _reentrant.EnterAsync("a", default);
        await Assert.ThrowsAsync<ActorApiException>(async () => await _reentrant.EnterAsync("a", default));
        _reentrant.Exit(inner);
        _reentrant.Exit(outer);

        var next = _reentrant.EnterAsync("b", default).AsTask();
        Assert.False(next.IsCompleted);
        var emptied = _reentrant.Close();

        _reentrant.Exit(await next.WaitAsync(Wait.Limit));
        await emptied.WaitAsync(Wait.Limit);
    }

    [Fact]
    public async Task Without_reentrancy_a_chain_waits_for_itself()
    {
        await _turns.EnterAsync("a", default);

        Assert.False(_turns.EnterAsync("a", default).IsCompleted);
    }

    [Fact]
    public async Task A_closed_queue_lets_those_go_on_who_are_in_it_and_nobody_else()
    {
        var first = await _turns.EnterAsync(null, default);
        var second = _turns.EnterAsync(null, default).AsTask();

        var emptied = _turns.Close();
        await Assert.ThrowsAsync<ActorUnavailableException>(async () => await _turns.EnterAsync(null, default));
        _turns.Exit(first);
        Assert.False(emptied.IsCompleted);
        _turns.Exit(await second.WaitAsync(Wait.Limit));

        await emptied.WaitAsync(Wait.Limit);
    }

    private async Task TakeTurnAsync(int number, List<int> order)
    {
        var turn = await _turns.EnterAsync(null, default);
        order.Add(number); // no lock: a turn is alone
        _turns.Exit(turn);
    }
}
