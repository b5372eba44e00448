using FsCheck;
using FsCheck.Fluent;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.MessageService.Invariants;

/// <summary>One thing that happens in a world. The numbers choose among what there is.</summary>
internal sealed record Step(Happening What, int Instance, int User, int Conversation, int Which, FanOutPolicy Policy)
{
    // Sends and deliveries are what there is most of; a loss of everything must not be all there is.
    private static readonly Happening[] Often =
    [
        Happening.Send, Happening.Send, Happening.Send, Happening.Burst, Happening.Retry, Happening.SendAndCrash,
        Happening.Deliver, Happening.Deliver, Happening.Deliver, Happening.DeliverAgain, Happening.DeliverToSome, Happening.DeliverByBoth, Happening.Lose,
        Happening.Push, Happening.Push, Happening.PushAgain, Happening.LosePush, Happening.Connect, Happening.Acknowledge, Happening.Acknowledge,
        Happening.Deactivate, Happening.Join, Happening.Leave,
    ];

    public static Gen<Step> Random(string model) =>
        from what in Gen.Elements(model == "redis" ? Often : [.. Often, Happening.LoseState])
        from instance in Gen.Choose(0, 1)
        from user in Gen.Choose(0, World.Users.Length - 1)
        from conversation in Gen.Choose(0, World.Conversations.Length - 1)
        from which in Gen.Choose(0, 1_000)
        from policy in Gen.Elements(FanOutPolicy.Reference, FanOutPolicy.Reference, FanOutPolicy.Copy, FanOutPolicy.Timeline)
        select new Step(what, instance, user, conversation, which, policy);

    private string UserId => World.Users[User];

    private string ConversationId => World.Conversations[Conversation];

    public Task RunAsync(World world) => What switch
    {
        Happening.Send => world.SendAsync(Instance, UserId, ConversationId, 1, Policy, crash: false),
        Happening.Burst => Task.WhenAll(
            world.SendAsync(0, UserId, ConversationId, 3, Policy, crash: false), world.SendAsync(1, World.Users[(User + 1) % 3], ConversationId, 3, Policy, crash: false)),
        Happening.SendAndCrash => world.SendAsync(Instance, UserId, ConversationId, 2, Policy, crash: true),
        Happening.Retry => world.RetryAsync(Instance, Which),
        Happening.Connect => Device(world).ConnectAsync(Instance),
        Happening.Acknowledge => Device(world).AcknowledgeAsync(Instance),
        Happening.Join => world.JoinAsync(ConversationId, UserId),
        Happening.Leave => world.LeaveAsync(ConversationId, UserId),
        Happening.LoseState => world.LoseStateAsync(),
        Happening.Push or Happening.PushAgain or Happening.LosePush => PushAsync(world),
        Happening.Deactivate => Run(() => world.Deactivate(UserId, Instance)),
        _ => DeliverAsync(world),
    };

    private ModelDevice Device(World world) => world.Devices[Which % world.Devices.Count];

    private async Task DeliverAsync(World world)
    {
        if (world.Events.Count == 0)
            return;
        var messages = world.Events[Which % world.Events.Count];
        if (What is Happening.Lose or Happening.Deliver)
            world.Events.Remove(messages);
        if (What == Happening.DeliverByBoth)
            await Task.WhenAll(world.FanOutAsync(0, messages, _ => 0), world.FanOutAsync(1, messages, _ => 1));
        else if (What != Happening.Lose)
            await world.FanOutAsync(Instance, messages, userId => What == Happening.DeliverToSome && userId == UserId ? -1 : (Which + userId.Length) % 2);
    }

    private async Task PushAsync(World world)
    {
        if (world.Pushes.Count == 0)
            return;
        var push = world.Pushes[Which % world.Pushes.Count];
        if (What != Happening.PushAgain)
            world.Pushes.Remove(push);
        if (What == Happening.LosePush)
            return;
        await world.CheckPushAsync(push.UserId, push.Entry);
        await world.Devices.First(device => device.UserId == push.UserId).PushAsync(push.Entry, Instance);
    }

    private static Task Run(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}

internal enum Happening
{
    Send,
    Burst,
    SendAndCrash,
    Retry,
    Deliver,
    DeliverAgain,
    DeliverToSome,
    DeliverByBoth,
    Lose,
    Push,
    PushAgain,
    LosePush,
    Connect,
    Acknowledge,
    Deactivate,
    Join,
    Leave,
    LoseState,
}
