using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Chatting;

public abstract class DirectChatTests(Cluster cluster)
{
    [Fact]
    public async Task Two_connected_users_see_each_others_messages()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);

        var ack = await annsDevice.SendToAsync(bob.Id, "hello");
        var received = await bobsDevice.NextMessageAsync();
        await bobsDevice.SendInAsync(ack.ConversationId, "hi");

        Assert.Equal((ConversationId.Direct(ann.Id, bob.Id), 1), (ack.ConversationId, ack.Seq));
        Assert.False(ack.Duplicate);
        Assert.Equal((ann.Id, "d1", "hello", 1, ack.SentAt), (received.SenderId, received.SenderDeviceId, ImClient.TextOf(received), received.Seq, received.SentAt));
        Assert.Equal(["hello", "hi"], (await annsDevice.NextMessagesAsync(2)).Select(ImClient.TextOf));
    }

    [Fact]
    public async Task A_message_is_pushed_with_the_position_that_a_sync_gives_it()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);

        await annsDevice.SendToAsync(bob.Id, "hello");
        var pushed = await bobsDevice.NextPushAsync();

        var page = await bobsDevice.SyncAsync(after: 0);
        Assert.Equal((pushed.Position, pushed.Message.Seq), (Assert.Single(page.Entries).Position, page.Entries[0].Message.Seq));
        Assert.Equal((1, 1, false), (page.Next, page.Head, page.Reset));
    }

    [Fact]
    public async Task Every_device_of_receiver_and_sender_gets_the_message()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsPhone = await ann.ConnectAsync(instance: 0, "phone");
        await using var annsDesk = await ann.ConnectAsync(instance: 1, "desk");
        await using var bobsPhone = await bob.ConnectAsync(instance: 0, "phone");
        await using var bobsDesk = await bob.ConnectAsync(instance: 1, "desk");

        await annsPhone.SendToAsync(bob.Id, "hello");

        foreach (var device in new[] { annsPhone, annsDesk, bobsPhone, bobsDesk })
            Assert.Equal("hello", ImClient.TextOf(await device.NextMessageAsync()));
    }

    [Fact]
    public async Task What_a_message_carries_arrives_unchanged()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        await annsDevice.SendToAsync(bob.Id, "first");
        var body = System.Text.Json.JsonSerializer.SerializeToElement(
            new { text = "数据 🙂 '\"\\ \u0001 <b>", number = 9_007_199_254_740_993, fraction = 0.1234567891, list = new[] { 1, 2 }, nothing = (string?)null });

        var ack = await annsDevice.CallAsync<SendAck>("Send", new SendMessage("c-1", bob.Id, null, MessageTypes.Custom, body, ReplyTo: 1, Mentions: [bob.Id]));

        await bobsDevice.NextMessageAsync();
        var message = await bobsDevice.NextMessageAsync();
        Assert.True(System.Text.Json.JsonElement.DeepEquals(body, message.Body), message.Body.GetRawText());
        Assert.Equal(("c-1", MessageTypes.Custom, 1, ack.Seq), (message.ClientMessageId, message.Type, message.ReplyTo, message.Seq));
        Assert.Equal([bob.Id], message.Mentions!);
        Assert.InRange(message.SentAt, DateTimeOffset.UtcNow.AddMinutes(-5).ToUnixTimeMilliseconds(), DateTimeOffset.UtcNow.AddMinutes(5).ToUnixTimeMilliseconds());
    }
}
