using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.MessageService.Invariants;

/// <summary>The invariants of the design, I1 to I7, whatever happens in between and in which order.</summary>
public sealed class InvariantTests
{
    [Property(MaxTest = 20)]
    public Property They_hold_with_entities_in_the_database() => Hold("redis+mysql");

    [Property(MaxTest = 20)]
    public Property They_hold_with_entities_in_the_state_store() => Hold("redis");

    /// <summary>Found by chance: whoever is left has acknowledged everything before the event comes.</summary>
    [Fact]
    public Task They_hold_when_all_others_have_left_before_the_event() => RunAsync("redis",
    [
        new(Happening.Send, 1, 2, 2, 0, FanOutPolicy.Reference), new(Happening.Leave, 1, 0, 2, 0, FanOutPolicy.Reference),
        new(Happening.Leave, 1, 1, 2, 0, FanOutPolicy.Reference), new(Happening.Connect, 0, 2, 2, 4, FanOutPolicy.Reference),
        new(Happening.Acknowledge, 0, 2, 2, 4, FanOutPolicy.Reference), new(Happening.Deliver, 0, 2, 2, 0, FanOutPolicy.Reference),
    ]);

    private static Property Hold(string model) => Prop.ForAll(
        Arb.From(Step.Random(model).ListOf(40).Select(steps => steps.ToList())), steps => RunAsync(model, steps).GetAwaiter().GetResult());

    private static async Task<bool> RunAsync(string model, List<Step> steps)
    {
        await using var world = await World.StartAsync(model);
        foreach (var step in steps)
            await step.RunAsync(world);
        await SettleAsync(world);

        CheckStore(world);
        foreach (var userId in World.Users)
            await CheckInboxAsync(world, userId);
        foreach (var device in world.Devices)
            await CheckShownAsync(world, device);
        return true;
    }

    /// <summary>Whatever was lost on the way: at last every device connects, and that alone brings everything.</summary>
    private static async Task SettleAsync(World world)
    {
        foreach (var device in world.Devices)
            await device.ConnectAsync(activation: 0);
    }

    /// <summary>I1 and I5: what was acknowledged is stored where the acknowledgement says, and a retry got the same answer. Seqs have no holes.</summary>
    private static void CheckStore(World world)
    {
        foreach (var (sent, ack) in world.Acknowledged)
        {
            var stored = world.Stored[(ack.ConversationId, ack.Seq)];
            Assert.Equal((sent.SenderId, sent.ClientMessageId, sent.Body.GetRawText()), (stored.SenderId, stored.ClientMessageId, stored.Body.GetRawText()));
        }
        foreach (var attempts in world.Acknowledged.GroupBy(pair => (pair.Sent.SenderId, pair.Sent.ClientMessageId)))
            Assert.Single(attempts.Select(pair => (pair.Ack.ConversationId, pair.Ack.Seq, pair.Ack.SentAt)).Distinct());
        Assert.Equal(world.Stored.Count, world.Stored.Values.DistinctBy(message => (message.SenderId, message.ClientMessageId)).Count());
    }

    /// <summary>
    /// I2, I3, I4, I6, I7: the inbox holds each visible message that belongs there exactly once, in the order of seqs, at contiguous positions. What
    /// was seen by a membership before the present one stays until all of Redis is lost: nobody is entitled to it any more.
    /// </summary>
    private static async Task CheckInboxAsync(World world, string userId)
    {
        var entries = await world.InboxAsync(userId);
        Assert.Equal(Enumerable.Range(0, entries.Count).Select(i => entries[0].Position + i), entries.Select(entry => entry.Position));
        foreach (var conversationId in World.Conversations)
        {
            var belongs = world.Visible(userId, conversationId).Where(message => message.FanOut != FanOutPolicy.Timeline).Select(message => message.Seq).ToList();
            var held = entries.Where(entry => entry.Message.ConversationId == conversationId).Select(entry => entry.Message.Seq).ToList();
            var begin = world.HasLostState ? world.BeginOf(userId, conversationId) : 0;
            Assert.Equal(belongs.Where(seq => seq >= begin || held.Contains(seq)), held);
        }
    }

    /// <summary>
    /// What it all is for: each device has shown what its user's last membership lets it see, once and in order. A timeline is read by members only; what is
    /// kept for nobody any more, since another device of the user has acknowledged it too, a history does not name.
    /// </summary>
    private static async Task CheckShownAsync(World world, ModelDevice device)
    {
        foreach (var conversationId in World.Conversations)
        {
            var shown = device.Shown.Where(message => message.ConversationId == conversationId).Select(message => message.Seq).ToList();
            Assert.Equal(shown.Order().Distinct(), shown);
            var begin = world.BeginOf(device.UserId, conversationId);
            var isMember = world.IsMember(conversationId, device.UserId);
            var missed = world.Visible(device.UserId, conversationId)
                .Where(message => message.Seq >= begin && !shown.Contains(message.Seq) && (isMember || message.FanOut != FanOutPolicy.Timeline));
            foreach (var message in missed)
                Assert.True(world.AcknowledgedBy(device.UserId).Contains((conversationId, message.Seq)) && await world.IsGoneAsync(conversationId, message.Seq), $"{message}");
            Assert.All(shown, seq => Assert.True(world.IsVisible(device.UserId, conversationId, seq)));
        }
    }
}
