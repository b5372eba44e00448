using ImDapr.Contracts;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Features;

/// <summary>Bodies, replies and mentions. What is refused stores nothing: the next message has the next seq.</summary>
public abstract class ReferenceTests(Cluster cluster) : FeatureTests(cluster)
{
    [Fact]
    public async Task A_reply_names_a_message_of_its_own_conversation()
    {
        var users = await RegisterAsync("ann", "bob", "carl");
        await using var ann = await users[0].ConnectAsync(instance: 0);
        await using var bob = await users[1].ConnectAsync(instance: 1);
        await ann.SendToAsync(users[2].Id, "elsewhere");
        await ann.SendToAsync(users[2].Id, "elsewhere again");
        var first = await ann.SendToAsync(users[1].Id, "one");

        Assert.Equal(ErrorCodes.NotFound, await bob.RefusedAsync("Send", Text(first.ConversationId, "to what?", replyTo: 2)));
        var reply = await bob.CallAsync<SendAck>("Send", Text(first.ConversationId, "two", replyTo: first.Seq));

        Assert.Equal(2, reply.Seq);
        Assert.Equal(first.Seq, (await ShownAsync(ann, first.ConversationId, 2)).ReplyTo);
    }

    [Fact]
    public async Task A_reply_into_a_conversation_that_does_not_exist_leaves_none_behind()
    {
        var users = await RegisterAsync("ann", "bob");
        await using var ann = await users[0].ConnectAsync();

        Assert.Equal(ErrorCodes.NotFound, await ann.RefusedAsync("Send", Text(ConversationId.Direct(users[0].Id, users[1].Id), "x", replyTo: 1)));

        Assert.Empty(await ann.ConversationsAsync());
    }

    [Fact]
    public async Task Members_are_mentioned_and_all_of_them_by_owner_and_admins()
    {
        var users = await RegisterAsync("ann", "bob", "eve");
        var group = await CreateGroupAsync(users[..2]);
        await using var ann = await users[0].ConnectAsync(instance: 0);
        await using var bob = await users[1].ConnectAsync(instance: 1);
        var hello = await ann.SendInAsync(group.ConversationId, "hello");

        Assert.Equal(ErrorCodes.InvalidArgument, await bob.RefusedAsync("Send", Text(group.ConversationId, "x", mentions: [users[2].Id])));
        Assert.Equal(ErrorCodes.Forbidden, await bob.RefusedAsync("Send", Text(group.ConversationId, "x", mentions: ["@all"])));
        Assert.Equal(ErrorCodes.InvalidArgument, await ann.RefusedAsync("Send", Text(ConversationId.Direct(users[0].Id, users[1].Id), "x", mentions: ["@all"])));
        var all = await ann.CallAsync<SendAck>("Send", Text(group.ConversationId, "listen", mentions: ["@all", users[1].Id]));

        Assert.Equal(hello.Seq + 1, all.Seq);
        Assert.Equal(["@all", users[1].Id], (await ShownAsync(bob, group.ConversationId, all.Seq)).Mentions!);
    }

    [Fact]
    public async Task A_body_has_what_its_type_asks_for_and_keeps_what_else_it_has()
    {
        var users = await RegisterAsync("ann", "bob");
        await using var ann = await users[0].ConnectAsync(instance: 0);
        var conversationId = ConversationId.Direct(users[0].Id, users[1].Id);

        Assert.Equal(ErrorCodes.InvalidArgument, await ann.RefusedAsync("Send", Send(conversationId, "image", new { width = 5 })));
        Assert.Equal(ErrorCodes.InvalidArgument, await ann.RefusedAsync("Send", Send(conversationId, "image", new { url = "javascript:alert(1)" })));
        Assert.Equal(ErrorCodes.InvalidArgument, await ann.RefusedAsync("Send", Send(conversationId, "audio", new { url = "/a" })));
        var image = await ann.CallAsync<SendAck>("Send", Send(conversationId, "image", new { url = "/files/a.png", width = 640, caption = "my cat" }));

        Assert.Equal(1, image.Seq);
        Assert.Equal("my cat", (await ShownAsync(ann, conversationId, 1)).Body.GetProperty("caption").GetString());
    }
}
