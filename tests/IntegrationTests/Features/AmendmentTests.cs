using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Features;

/// <summary>Edits, reactions and recalls: messages that every device gets, and that change how the message they name is shown.</summary>
public abstract class AmendmentTests(Cluster cluster) : FeatureTests(cluster)
{
    [Fact]
    public async Task An_edit_is_told_and_shown()
    {
        var users = await RegisterAsync("ann", "bob");
        await using var ann = await users[0].ConnectAsync(instance: 0);
        await using var bob = await users[1].ConnectAsync(instance: 1);
        var sent = await ann.SendToAsync(users[1].Id, "helo");

        var ack = await ann.CallAsync<SendAck>("Send", Edit(sent, "hello"));
        var told = await NextAsync(bob, MessageTypes.Edit);
        var shown = await ShownAsync(bob, sent.ConversationId, sent.Seq);

        Assert.Equal((2L, (long?)1), (told.Seq, told.ReplyTo));
        Assert.Equal(("hello", (long?)ack.SentAt), (ImClient.TextOf(shown), shown.EditedAt));
        Assert.Equal("hello", ImClient.TextOf((await bob.SyncAsync(0)).Entries[0].Message));
    }

    [Fact]
    public async Task A_repeated_edit_does_not_undo_a_newer_one()
    {
        var users = await RegisterAsync("ann", "bob");
        await using var ann = await users[0].ConnectAsync(instance: 0);
        var sent = await ann.SendToAsync(users[1].Id, "helo");
        var first = Edit(sent, "hallo");
        await ann.CallAsync<SendAck>("Send", first);
        await ann.CallAsync<SendAck>("Send", Edit(sent, "hello"));

        var repeated = await ann.CallAsync<SendAck>("Send", first);

        Assert.Equal((2L, true), (repeated.Seq, repeated.Duplicate));
        Assert.Equal("hello", ImClient.TextOf(await ShownAsync(ann, sent.ConversationId, sent.Seq)));
    }

    [Fact]
    public async Task Only_the_sender_edits()
    {
        var users = await RegisterAsync("ann", "bob");
        await using var ann = await users[0].ConnectAsync(instance: 0);
        await using var bob = await users[1].ConnectAsync(instance: 1);
        var sent = await ann.SendToAsync(users[1].Id, "mine");

        Assert.Equal(ErrorCodes.Forbidden, await bob.RefusedAsync("Send", Edit(sent, "yours")));
        Assert.Equal(ErrorCodes.NotFound, await ann.RefusedAsync("Send", Edit(sent with { Seq = 7 }, "x")));
        Assert.Equal(ErrorCodes.InvalidArgument, await ann.RefusedAsync("Send", Send(sent.ConversationId, "edit", new { seq = 1, body = new { text = "" } })));
        Assert.Equal(ErrorCodes.InvalidArgument, await ann.RefusedAsync("Send", Send(sent.ConversationId, "edit", new { body = new { text = "x" } })));

        Assert.Equal("mine", ImClient.TextOf(await ShownAsync(bob, sent.ConversationId, sent.Seq)));
        Assert.Equal(2, (await ann.SendToAsync(users[1].Id, "next")).Seq);
    }

    [Fact]
    public async Task Reactions_come_and_go()
    {
        var users = await RegisterAsync("ann", "bob");
        await using var ann = await users[0].ConnectAsync(instance: 0);
        await using var bob = await users[1].ConnectAsync(instance: 1);
        var sent = await ann.SendToAsync(users[1].Id, "cake!");

        await Task.WhenAll(
            ann.CallAsync<SendAck>("Send", React(sent, "👍")), bob.CallAsync<SendAck>("Send", React(sent, "👍")), bob.CallAsync<SendAck>("Send", React(sent, "🎂")));
        var all = (await ShownAsync(bob, sent.ConversationId, sent.Seq)).Reactions!;
        await bob.CallAsync<SendAck>("Send", React(sent, "👍", remove: true));
        var left = (await ShownAsync(ann, sent.ConversationId, sent.Seq)).Reactions!;

        Assert.Equal(2, all["👍"].Length);
        Assert.Equal([users[1].Id], all["🎂"]);
        Assert.Equal([users[0].Id], left["👍"]);
        Assert.Equal(ErrorCodes.InvalidArgument, await bob.RefusedAsync("Send", React(sent, new string('x', 33))));
    }

    [Fact]
    public async Task A_recall_takes_the_text_away_everywhere()
    {
        var users = await RegisterAsync("ann", "bob");
        await using var ann = await users[0].ConnectAsync(instance: 0);
        await using var bob = await users[1].ConnectAsync(instance: 1);
        var sent = await ann.SendToAsync(users[1].Id, "oops");
        await bob.NextMessageAsync();

        Assert.Equal(ErrorCodes.Forbidden, await bob.RefusedAsync("Recall", new RecallRequest(sent.ConversationId, sent.Seq)));
        await RecallAsync(ann, sent);
        await RecallAsync(ann, sent); // a repeat is harmless
        var told = await NextAsync(bob, MessageTypes.Recall);

        Assert.Equal((2L, (long?)1), (told.Seq, told.ReplyTo));
        foreach (var shown in new[] { await ShownAsync(bob, sent.ConversationId, 1), (await bob.SyncAsync(0)).Entries[0].Message })
            Assert.Equal(("{}", users[0].Id), (shown.Body.GetRawText(), shown.RecalledBy));
        Assert.Equal(ErrorCodes.InvalidArgument, await ann.RefusedAsync("Send", Edit(sent, "again")));
        Assert.Equal(3, (await ann.SendToAsync(users[1].Id, "next")).Seq);
    }

    [Fact]
    public async Task Who_leads_a_group_recalls_what_others_said()
    {
        var users = await RegisterAsync("ann", "bob", "carl");
        var group = await CreateGroupAsync(users);
        await using var ann = await users[0].ConnectAsync(instance: 0);
        await using var bob = await users[1].ConnectAsync(instance: 1);
        await using var carl = await users[2].ConnectAsync(instance: 1);
        var sent = await bob.SendInAsync(group.ConversationId, "spam");

        Assert.Equal(ErrorCodes.Forbidden, await carl.RefusedAsync("Recall", new RecallRequest(group.ConversationId, sent.Seq)));
        await RecallAsync(ann, sent);

        Assert.Equal(users[0].Id, (await ShownAsync(carl, group.ConversationId, sent.Seq)).RecalledBy);
    }

    [Fact]
    public async Task A_recall_of_nothing_is_refused()
    {
        var users = await RegisterAsync("ann", "bob", "eve");
        await using var ann = await users[0].ConnectAsync(instance: 0);
        await using var eve = await users[2].ConnectAsync(instance: 1);
        var sent = await ann.SendToAsync(users[1].Id, "hello");

        Assert.Equal(ErrorCodes.InvalidArgument, await ann.RefusedAsync("Recall", new RecallRequest(null, 1)));
        Assert.Equal(ErrorCodes.InvalidArgument, await ann.RefusedAsync("Recall", new RecallRequest(sent.ConversationId, 0)));
        Assert.Equal(ErrorCodes.NotFound, await ann.RefusedAsync("Recall", new RecallRequest(sent.ConversationId, 2)));
        Assert.Equal(ErrorCodes.NotAMember, await eve.RefusedAsync("Recall", new RecallRequest(sent.ConversationId, 1)));
        Assert.Equal(2, (await ann.SendToAsync(users[1].Id, "next")).Seq);
    }

    private static Task RecallAsync(ImClient device, SendAck sent) => device.CallAsync<object?>("Recall", new RecallRequest(sent.ConversationId, sent.Seq));

    private static SendMessage Edit(SendAck sent, string text) => Send(sent.ConversationId, MessageTypes.Edit, new { seq = sent.Seq, body = new { text } });

    private static SendMessage React(SendAck sent, string reaction, bool? remove = null) =>
        Send(sent.ConversationId, MessageTypes.Reaction, new { seq = sent.Seq, reaction, remove });
}
