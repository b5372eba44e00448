using Dapr;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using ImDapr.Contracts;
using ImDapr.MessageService.Inbox;

namespace ImDapr.UnitTests.MessageService.Inboxes;

/// <summary>Two instances append to one inbox, and during a partition two actors of its user may live. None knows of the others, and together they keep one inbox.</summary>
public sealed class DoubleActivationTests
{
    private static readonly InboxOptions Small = new() { Capacity = 100, Kept = 100 };

    [Theory]
    [InlineData("state.in-memory")]
    [InlineData("state.sqlite")]
    public async Task Two_actors_that_append_by_turns_and_at_once_keep_one_contiguous_inbox(string stateStore)
    {
        await using var system = await InboxSystem.StartAsync(stateStore);
        const int count = 700;
        await system.ConversationAsync("ann", "g:one", count);
        await system.ConversationAsync("ann", "g:two", count);
        UserInbox[] actors = [system.Inbox("ann", Small), system.Inbox("ann", Small)];
        InboxWriter[] appenders = [system.Appender(Small), system.Appender(Small)];

        for (var seq = 1; seq <= 100; seq++)
            await appenders[seq % 2].AppendAsync("ann", InboxSystem.References("g:one", seq, seq), CancellationToken.None);
        // At once, and each begins where the other may not have got to.
        await Task.WhenAll(AppendAsync(appenders[0], "g:one", "g:two", count), AppendAsync(appenders[1], "g:two", "g:one", count));

        var device = new TestDevice("d1");
        await device.SyncAllAsync(actors[0]);
        device.AssertComplete(("g:one", count), ("g:two", count));
        var other = new TestDevice("d2");
        await other.SyncAllAsync(system.Inbox("ann", Small));
        Assert.Equal(device.Entries.Select(entry => (entry.Position, entry.Message.Seq)), other.Entries.Select(entry => (entry.Position, entry.Message.Seq)));
        Assert.Equal(0, device.Resets);
    }

    [Fact]
    public async Task What_another_instance_appended_can_be_acknowledged()
    {
        await using var system = await InboxSystem.StartAsync();
        await system.ConversationAsync("ann", "g:one", 10);
        var (second, appender) = (system.Inbox("ann"), system.Appender());
        await appender.AppendAsync("ann", InboxSystem.References("g:one", 1, 5), CancellationToken.None);
        var device = new TestDevice("d1");
        await device.SyncAllAsync(second);
        await system.Appender().AppendAsync("ann", InboxSystem.References("g:one", 6, 10), CancellationToken.None);
        await device.SyncAllAsync(second);

        await device.AckAsync(system.Appender());

        Assert.Equal(10, device.Position);
        Assert.Equal(ErrorCodes.InvalidArgument, (await appender.AckAsync(new DeviceAck("ann", "d1", 11), CancellationToken.None)).Refusal!.Code);
    }

    [Fact]
    public async Task A_call_that_is_given_up_at_any_moment_leaves_nothing_that_a_later_one_would_write_over_others_entries()
    {
        var isGivenUp = true;
        for (var calls = 1; isGivenUp; calls++)
            isGivenUp = await GiveUpAfterAsync(calls);
    }

    /// <returns>Whether there were so many calls.</returns>
    private static async Task<bool> GiveUpAfterAsync(int calls)
    {
        await using var system = await InboxSystem.StartAsync();
        await system.ConversationAsync("ann", "g:one", 120); // more than a segment: marks belong to the tail
        var (actor, device) = (system.Inbox("ann"), new TestDevice("d1"));
        await device.SyncAllAsync(actor);
        // What others append is pushed at its positions, while the entities of another conversation, older ones, have not come yet.
        await system.StoreAsync("g:one", 121, 125);
        var told = await system.Appender().AppendAsync("ann", InboxSystem.References("g:one", 121, 125), CancellationToken.None);
        await system.ConversationAsync("ann", "g:two", 5);

        using var caller = new CancellationTokenSource();
        system.Calls.Answered = () => --calls == 0 ? caller.CancelAsync() : Task.CompletedTask;
        var answer = await Record.ExceptionAsync(() => device.SyncAsync(actor, cancellationToken: caller.Token));
        system.Calls.Answered = null;
        await new TestDevice("d2").SyncAllAsync(actor);

        var all = new TestDevice("d3");
        await all.SyncAllAsync(system.Inbox("ann"));
        all.AssertComplete(("g:one", 125), ("g:two", 5));
        Assert.Equal(told.Positions, all.Entries.Where(entry => entry.Message is { ConversationId: "g:one", Seq: > 120 }).Select(entry => entry.Position));
        return answer is not null;
    }

    [Theory]
    [InlineData("state.in-memory")]
    [InlineData("state.sqlite")]
    public async Task An_answer_that_is_lost_at_any_moment_of_an_append_makes_it_neither_write_over_others_entries_nor_lose_its_own(string stateStore)
    {
        var isLost = true;
        for (var calls = 1; isLost; calls++)
            isLost = await LoseAnswerAsync(stateStore, calls);
    }

    /// <returns>Whether there were so many calls.</returns>
    private static async Task<bool> LoseAnswerAsync(string stateStore, int calls)
    {
        await using var system = await InboxSystem.StartAsync(stateStore);
        await system.ConversationAsync("ann", "g:one", 125);
        await system.ConversationAsync("ann", "g:two", 5);
        var appender = system.Appender();
        await appender.AppendAsync("ann", InboxSystem.References("g:one", 1, 120), CancellationToken.None);
        var told = await system.Appender().AppendAsync("ann", InboxSystem.References("g:one", 121, 125), CancellationToken.None);

        var left = calls;
        system.Calls.Answered = () => Interlocked.Decrement(ref left) == 0 ? throw new HttpRequestException("lost in this test") : Task.CompletedTask;
        // As a broker does: again, until it is done.
        while (await Record.ExceptionAsync(() => appender.AppendAsync("ann", InboxSystem.References("g:two", 1, 5), CancellationToken.None)) is not null)
            Assert.True(left <= 0, "it fails for another reason");
        system.Calls.Answered = null;

        var all = new TestDevice("d1");
        await all.SyncAllAsync(system.Inbox("ann"));
        all.AssertComplete(("g:one", 125), ("g:two", 5));
        Assert.Equal(told.Positions, all.Entries.Where(entry => entry.Message is { ConversationId: "g:one", Seq: > 120 }).Select(entry => entry.Position));
        return left <= 0;
    }

    [Property(MaxTest = 25)]
    public Property Whatever_two_actors_do_crash_or_leave_half_done_a_device_sees_everything_once_and_in_order() =>
        Prop.ForAll(Arb.From(Step.Random().ListOf().Select(steps => steps.ToList())), steps => RunAsync(steps).GetAwaiter().GetResult());

    private static async Task<bool> RunAsync(List<Step> steps)
    {
        await using var run = await Run.StartAsync(Small);
        foreach (var step in steps)
            await step.RunAsync(run);

        foreach (var device in run.Devices)
        {
            await device.SyncAllAsync(run.Actors[0]);
            await device.AckAsync(run.Appenders[1]);
            device.AssertComplete([.. run.Stored.Select(conversation => (conversation.Key, conversation.Value))]);
            Assert.Equal(0, device.Resets);
        }
        // Both have acknowledged everything: every entity was released.
        Assert.Equal(run.Stored.Values.Sum(), run.System.Messages.Released.Distinct().Count());
        return true;
    }

    private static async Task AppendAsync(InboxWriter appender, string first, string second, int count)
    {
        for (var seq = 1; seq <= count; seq += 7)
        {
            await appender.AppendAsync("ann", InboxSystem.References(first, seq, Math.Min(seq + 6, count)), CancellationToken.None);
            await appender.AppendAsync("ann", InboxSystem.References(second, seq, Math.Min(seq + 6, count)), CancellationToken.None);
        }
    }

    /// <summary>Two actors and two devices of a user.</summary>
    private sealed class Run(InboxSystem system, InboxOptions options) : IAsyncDisposable
    {
        public InboxSystem System => system;

        public UserInbox[] Actors { get; } = [system.Inbox("ann", options), system.Inbox("ann", options)];

        public InboxWriter[] Appenders { get; } = [system.Appender(options), system.Appender(options)];

        public TestDevice[] Devices { get; } = [new("phone"), new("desk")];

        /// <summary>Messages of each conversation.</summary>
        public Dictionary<string, int> Stored { get; } = [];

        public static async Task<Run> StartAsync(InboxOptions options)
        {
            var run = new Run(await InboxSystem.StartAsync(), options);
            foreach (var conversationId in Step.Conversations)
            {
                run.Stored[conversationId] = 0;
                await run.System.MemberAsync("ann", conversationId);
            }
            foreach (var device in run.Devices)
                await device.SyncAsync(run.Actors[0]);
            return run;
        }

        public void Crash(int actor) => (Actors[actor], Appenders[actor]) = (system.Inbox("ann", options), system.Appender(options));

        public async Task StoreAsync(string conversationId, int count)
        {
            await system.StoreAsync(conversationId, Stored[conversationId] + 1, Stored[conversationId] + count);
            Stored[conversationId] += count;
        }

        public ValueTask DisposeAsync() => system.DisposeAsync();
    }

    /// <param name="What">What happens: see <see cref="RunAsync"/>.</param>
    /// <param name="Count">New messages, or how many a device asks for.</param>
    /// <param name="Back">How far before the new ones an event begins: what it repeats.</param>
    /// <param name="Short">How far before the last one it ends: what comes later or never.</param>
    private sealed record Step(int What, int Actor, int Device, string Conversation, int Count, int Back, int Short)
    {
        public static readonly string[] Conversations = ["g:one", "g:two"];

        public static Gen<Step> Random() =>
            from what in Gen.Choose(0, 9)
            from actor in Gen.Choose(0, 1)
            from device in Gen.Choose(0, 1)
            from conversation in Gen.Elements(Conversations)
            from count in Gen.Choose(1, 40)
            from back in Gen.Choose(0, 10)
            from shortBy in Gen.Choose(0, 5)
            select new Step(what, actor, device, conversation, count, back, shortBy);

        public async Task RunAsync(Run run)
        {
            var actor = run.Actors[Actor];
            switch (What)
            {
                case 0:
                    run.Crash(Actor);
                    break;
                case 1 or 2:
                    await run.Devices[Device].SyncAsync(actor, Count);
                    break;
                case 3:
                    await run.Devices[Device].AckAsync(run.Appenders[Actor]);
                    break;
                case 4:
                    await run.StoreAsync(Conversation, Count); // its event is lost
                    break;
                case 5:
                    await run.StoreAsync(Conversation, Count);
                    await CutOffAsync(token => run.Appenders[Actor].AppendAsync("ann", Event(run), token));
                    break;
                default:
                    await run.StoreAsync(Conversation, Count);
                    await run.Appenders[Actor].AppendAsync("ann", Event(run), CancellationToken.None);
                    break;
            }
        }

        private MessageReference[] Event(Run run)
        {
            var last = run.Stored[Conversation];
            return InboxSystem.References(Conversation, Math.Max(1, last - Count + 1 - Back), last - Short);
        }

        // What was under way may have happened or not, as when a process dies.
        private static async Task CutOffAsync(Func<CancellationToken, Task> call)
        {
            using var cut = new CancellationTokenSource(TimeSpan.FromMilliseconds(1));
            try
            {
                await call(cut.Token);
            }
            catch (Exception exception) when (exception is OperationCanceledException or DaprException)
            {
                Assert.True(cut.IsCancellationRequested, exception.ToString());
            }
        }
    }
}
