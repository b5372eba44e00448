using System.Text.Json;
using ImDapr.ConnectionService.Sending;
using ImDapr.Contracts;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class SendQueueTests : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly FakeMessageService _service = new();
    private readonly FakeTimeProvider _time = new();
    private readonly List<SendQueue> _queues = [];

    [Fact]
    public async Task A_send_alone_goes_alone_and_at_once()
    {
        var queue = await StartAsync(new());

        var sending = queue.SendAsync(Command("1"), default);
        (await _service.NextAsync()).Answer();

        Assert.Equal("1", (await sending.WaitAsync(Patience)).Value!.ConversationId);
    }

    [Fact]
    public async Task Sends_soon_after_a_batch_wait_a_moment_for_each_other()
    {
        var queue = await StartAsync(new() { SpacingMilliseconds = 5 });
        var first = queue.SendAsync(Command("first"), default);
        (await _service.NextAsync()).Answer();
        await first.WaitAsync(Patience);

        var soon = new[] { queue.SendAsync(Command("1"), default), queue.SendAsync(Command("2"), default) };
        _time.Advance(TimeSpan.FromMilliseconds(5));
        var together = await _service.NextAsync();
        together.Answer();
        await Task.WhenAll(soon).WaitAsync(Patience);

        Assert.Equal(["1", "2"], together.Ids);
    }

    [Fact]
    public async Task A_full_batch_waits_for_nothing()
    {
        var queue = await StartAsync(new() { SpacingMilliseconds = 5, BatchSends = 2 });
        var first = queue.SendAsync(Command("first"), default);
        var busy = await _service.NextAsync();
        var full = new[] { queue.SendAsync(Command("1"), default), queue.SendAsync(Command("2"), default) };

        busy.Answer();
        (await _service.NextAsync()).Answer();

        await Task.WhenAll([first, .. full]).WaitAsync(Patience);
    }

    [Fact]
    public async Task What_waits_while_all_flushers_are_busy_travels_together_and_each_gets_its_own_answer()
    {
        var queue = await StartAsync(new() { SpacingMilliseconds = 0, BatchesInFlight = 1 });
        var first = queue.SendAsync(Command("first"), default);
        var busy = await _service.NextAsync();

        var waiting = Enumerable.Range(0, 100).Select(i => queue.SendAsync(Command($"{i}"), default)).ToArray();
        busy.Answer();
        var together = await _service.NextAsync();
        together.Answer();
        var answers = await Task.WhenAll(waiting).WaitAsync(Patience);

        Assert.Equal("first", (await first).Value!.ConversationId);
        Assert.Equal(100, together.Ids.Length);
        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"{i}"), answers.Select(answer => answer.Value!.ConversationId));
    }

    [Fact]
    public async Task Many_large_sends_are_refused_by_their_bytes_and_room_comes_back()
    {
        const int mebibyte = 1024 * 1024;
        var queue = await StartAsync(new() { SpacingMilliseconds = 0, BatchesInFlight = 1, BatchSends = 1, QueueBytes = mebibyte });
        var first = queue.SendAsync(Command("first"), default);
        var busy = await _service.NextAsync();

        var waiting = queue.SendAsync(Command("large", new string('x', mebibyte)), default);
        var refused = await queue.SendAsync(Command("refused"), default);
        busy.Answer();
        (await _service.NextAsync()).Answer();
        await Task.WhenAll(first, waiting).WaitAsync(Patience);
        var later = queue.SendAsync(Command("later"), default);
        (await _service.NextAsync()).Answer();

        Assert.Equal(ErrorCodes.Unavailable, refused.Refusal!.Code);
        Assert.NotNull((await later.WaitAsync(Patience)).Value);
    }

    [Fact]
    public async Task Several_batches_are_in_flight_at_once()
    {
        var queue = await StartAsync(new() { SpacingMilliseconds = 0, BatchesInFlight = 2 });

        var one = queue.SendAsync(Command("one"), default);
        var firstBatch = await _service.NextAsync();
        var two = queue.SendAsync(Command("two"), default);
        (await _service.NextAsync()).Answer();

        Assert.Equal("two", (await two.WaitAsync(Patience)).Value!.ConversationId);
        Assert.False(one.IsCompleted);
        firstBatch.Answer();
        Assert.Equal("one", (await one.WaitAsync(Patience)).Value!.ConversationId);
    }

    [Fact]
    public async Task A_batch_keeps_its_limits_of_sends_and_of_bytes()
    {
        var queue = await StartAsync(new() { SpacingMilliseconds = 0, BatchesInFlight = 1, BatchSends = 3 });
        var all = new List<Task> { queue.SendAsync(Command("busy"), default) };
        var busy = await _service.NextAsync();
        var large = new string('x', (Limits.BatchBytes / 2) + 1);

        all.AddRange(Enumerable.Range(0, 4).Select(i => queue.SendAsync(Command($"small{i}"), default)));
        all.AddRange(Enumerable.Range(0, 2).Select(i => queue.SendAsync(Command($"large{i}", large), default)));
        var sizes = new List<int>();
        for (var batch = busy; sizes.Sum() < all.Count; batch = sizes.Sum() < all.Count ? await _service.NextAsync() : batch)
        {
            sizes.Add(batch.Ids.Length);
            batch.Answer();
        }
        await Task.WhenAll(all).WaitAsync(Patience);

        Assert.Equal([1, 3, 2, 1], sizes); // busy · small0-2 · small3 and large0 · large1, which would have been too much
    }

    [Fact]
    public async Task A_caller_that_has_gone_does_not_take_the_others_with_it()
    {
        var queue = await StartAsync(new() { SpacingMilliseconds = 0, BatchesInFlight = 1 });
        var busySend = queue.SendAsync(Command("busy"), default);
        var busy = await _service.NextAsync();
        using var gone = new CancellationTokenSource();
        var leaving = queue.SendAsync(Command("leaving"), gone.Token);
        var staying = queue.SendAsync(Command("staying"), default);

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        busy.Answer();
        var batch = await _service.NextAsync();
        batch.Answer();

        Assert.Equal(["leaving", "staying"], batch.Ids);
        Assert.Equal("staying", (await staying.WaitAsync(Patience)).Value!.ConversationId);
        Assert.NotNull((await busySend).Value);
    }

    [Fact]
    public async Task A_full_queue_answers_unavailable_at_once()
    {
        var queue = await StartAsync(new() { SpacingMilliseconds = 0, BatchesInFlight = 1, QueueCapacity = 2 });
        var accepted = new List<Task<Answer<SendAck>>> { queue.SendAsync(Command("busy"), default) };
        var busy = await _service.NextAsync();
        accepted.Add(queue.SendAsync(Command("1"), default));
        accepted.Add(queue.SendAsync(Command("2"), default));

        var refused = await queue.SendAsync(Command("3"), default);

        Assert.Equal(ErrorCodes.Unavailable, refused.Refusal!.Code);
        busy.Answer();
        (await _service.NextAsync()).Answer();
        Assert.All(await Task.WhenAll(accepted).WaitAsync(Patience), answer => Assert.NotNull(answer.Value));
    }

    [Fact]
    public async Task A_failed_batch_is_unavailable_for_its_senders_and_the_next_one_goes_out()
    {
        var queue = await StartAsync(new() { SpacingMilliseconds = 0, BatchesInFlight = 1 });

        var failing = queue.SendAsync(Command("failing"), default);
        (await _service.NextAsync()).Fail();
        var refused = await failing.WaitAsync(Patience);
        var next = queue.SendAsync(Command("next"), default);
        (await _service.NextAsync()).Answer();

        Assert.Equal(ErrorCodes.Unavailable, refused.Refusal!.Code);
        Assert.Equal("next", (await next.WaitAsync(Patience)).Value!.ConversationId);
    }

    [Fact]
    public async Task A_batch_without_an_answer_is_given_up_in_time()
    {
        var queue = await StartAsync(new() { SpacingMilliseconds = 0, TimeoutSeconds = 10 });
        var sending = queue.SendAsync(Command("slow"), default);
        await _service.NextAsync();

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(ErrorCodes.Unavailable, (await sending.WaitAsync(Patience)).Refusal!.Code);
    }

    public static readonly TheoryData<string> UnwritableBodies = new()
    {
        """{"text":"\ud800"}""",
        """{"\udc00":1}""",
        Nested(Limits.BodyDepth + 1),
        Nested(60),
    };

    [Theory]
    [MemberData(nameof(UnwritableBodies))]
    public async Task What_would_spoil_a_batch_is_refused_before_it_joins_one(string json)
    {
        var queue = await StartAsync(new() { SpacingMilliseconds = 0 });

        var refused = await queue.SendAsync(WithBody(json), default).WaitAsync(Patience);

        Assert.Equal(ErrorCodes.InvalidArgument, refused.Refusal!.Code);
    }

    [Fact]
    public async Task A_body_may_be_as_deep_as_the_limit()
    {
        var queue = await StartAsync(new() { SpacingMilliseconds = 0 });

        var sending = queue.SendAsync(WithBody(Nested(Limits.BodyDepth)), default);
        (await _service.NextAsync()).Answer();

        Assert.NotNull((await sending.WaitAsync(Patience)).Value);
    }

    [Fact]
    public async Task A_stop_lets_what_waits_go_out_first()
    {
        var queue = await StartAsync(new() { SpacingMilliseconds = 0, BatchesInFlight = 1 });
        var first = queue.SendAsync(Command("first"), default);
        var busy = await _service.NextAsync();
        var second = queue.SendAsync(Command("second"), default);

        var stopping = queue.StopAsync(default);
        busy.Answer();
        (await _service.NextAsync()).Answer();
        await stopping.WaitAsync(Patience);

        Assert.NotNull((await first).Value);
        Assert.NotNull((await second).Value);
        Assert.Equal(ErrorCodes.Unavailable, (await queue.SendAsync(Command("late"), default)).Refusal!.Code);
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        foreach (var queue in _queues)
            await queue.StopAsync(now.Token);
        _service.Dispose();
    }

    private async Task<SendQueue> StartAsync(SendQueueOptions options)
    {
        var queue = new SendQueue(_service.Client, Options.Create(options), _time, NullLogger<SendQueue>.Instance);
        _queues.Add(queue);
        await queue.StartAsync(default);
        return queue;
    }

    private static string Nested(int levels) => string.Concat(Enumerable.Repeat("""{"a":""", levels - 1)) + "{}" + new string('}', levels - 1);

    private static SendCommand WithBody(string json)
    {
        using var body = JsonDocument.Parse(json);
        return new SendCommand("ann", "phone", new SendMessage("c", "bob", null, MessageTypes.Custom, body.RootElement.Clone()));
    }

    // The fake answers with the client message id as conversation id, so that answers can be told apart.
    private static SendCommand Command(string id, string text = "x") =>
        new("ann", "phone", new SendMessage(id, "bob", null, MessageTypes.Text, JsonSerializer.SerializeToElement(new { text })));
}
