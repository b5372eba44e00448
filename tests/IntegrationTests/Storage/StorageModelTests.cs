using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Storage;

/// <summary>What users are promised, whatever the storage model and the fan-out policy: the one suite for all of them.</summary>
public abstract class StorageModelTests(Cluster cluster)
{
    [Fact]
    public async Task Two_users_and_all_their_devices_see_each_message_once()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsPhone = await ann.ConnectAsync(deviceId: "phone");
        await using var annsDesk = await ann.ConnectAsync(deviceId: "desk");
        await using var bobsPhone = await bob.ConnectAsync(deviceId: "phone");

        var first = await annsPhone.SendToAsync(bob.Id, "hello");
        await bobsPhone.SendInAsync(first.ConversationId, "hi");
        await annsDesk.SendInAsync(first.ConversationId, "bye");

        foreach (var device in new[] { annsPhone, annsDesk, bobsPhone })
            Assert.Equal(["hello", "hi", "bye"], await device.TextsAsync(first.ConversationId, 3));
    }

    [Fact]
    public async Task Members_see_concurrent_messages_in_one_order_without_holes()
    {
        const int each = 15;
        var members = await RegisterAsync("ann", "bob", "carl");
        var group = await members[0].CreateGroupAsync(members[1..]);
        var devices = await Task.WhenAll(members.Select((member, i) => member.ConnectAsync(instance: i)));

        await Task.WhenAll(devices.SelectMany(device => Enumerable.Range(0, each).Select(i => device.SendInAsync(group.ConversationId, $"{device.UserId} {i}"))));
        var orders = await Task.WhenAll(devices.Select(device => device.TextsAsync(group.ConversationId, each * members.Length)));
        var history = await devices[0].HistoryAsync(group.ConversationId, after: 0, limit: Limits.PageSize);
        await Task.WhenAll(devices.Select(device => device.DisposeAsync().AsTask()));

        Assert.All(orders, order => Assert.Equal(orders[0], order));
        Assert.Equal(each * members.Length, orders[0].Distinct().Count());
        Assert.Equal(orders[0], history.Messages.Where(message => message.Type == MessageTypes.Text).Select(ImClient.TextOf));
    }

    [Fact]
    public async Task What_was_missed_comes_once_and_in_order()
    {
        const int missed = 130; // more than a page, more than a segment of an inbox
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        await using (var before = await bob.ConnectAsync())
        {
            await annsDevice.SendToAsync(bob.Id, "m0");
            await before.NextMessageAsync();
        }
        var conversationId = ConversationId.Direct(ann.Id, bob.Id);
        for (var i = 1; i <= missed; i++)
            await annsDevice.SendToAsync(bob.Id, $"m{i}");

        await using var after = await bob.ConnectAsync(deviceId: "d2");

        Assert.Equal(Enumerable.Range(0, missed + 1).Select(i => $"m{i}"), await after.TextsAsync(conversationId, missed + 1));
    }

    [Fact]
    public async Task A_retry_is_one_message()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        await using var bobsDevice = await bob.ConnectAsync();

        var acks = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => annsDevice.SendToAsync(bob.Id, "once", "c-1")));
        var again = await annsDevice.SendToAsync(bob.Id, "once", "c-1");
        await annsDevice.SendToAsync(bob.Id, "then");

        Assert.All(acks.Append(again), ack => Assert.Equal((acks[0].Seq, acks[0].SentAt), (ack.Seq, ack.SentAt)));
        Assert.True(again.Duplicate);
        Assert.Equal(["once", "then"], await bobsDevice.TextsAsync(again.ConversationId, 2));
    }

    [Fact]
    public async Task Unread_is_what_came_after_the_read_mark()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        await using var bobsDevice = await bob.ConnectAsync();
        var acks = new List<SendAck>();
        for (var i = 0; i < 4; i++)
            acks.Add(await annsDevice.SendToAsync(bob.Id, $"m{i}"));

        var before = Assert.Single(await bobsDevice.ConversationsAsync());
        await bobsDevice.ReadAsync(before.ConversationId, acks[1].Seq);
        var read = Assert.Single(await bobsDevice.ConversationsAsync());
        var senders = Assert.Single(await annsDevice.ConversationsAsync());

        Assert.Equal((4, 4, "m3"), (before.Unread, before.LastSeq, ImClient.TextOf(before.LastMessage!)));
        Assert.Equal((2, acks[1].Seq), (read.Unread, read.ReadSeq));
        Assert.Equal(0, senders.Unread);
    }

    [Fact]
    public async Task History_is_read_in_both_directions()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var device = await ann.ConnectAsync();
        for (var i = 1; i <= 7; i++)
            await device.SendToAsync(bob.Id, $"m{i}");
        var conversationId = ConversationId.Direct(ann.Id, bob.Id);

        var newest = await device.HistoryAsync(conversationId, limit: 3);
        var older = await device.HistoryAsync(conversationId, before: 5, limit: 3);
        var newer = await device.HistoryAsync(conversationId, after: 5, limit: 3);

        Assert.Equal("5, 6, 7 and more", Seqs(newest));
        Assert.Equal("2, 3, 4 and more", Seqs(older));
        Assert.Equal("6, 7", Seqs(newer));
    }

    [Fact]
    public async Task A_later_member_sees_nothing_from_before_and_everything_after()
    {
        var members = await RegisterAsync("ann", "bob", "carl");
        var group = await members[0].CreateGroupAsync(members[1..2]);
        await using var ann = await members[0].ConnectAsync();
        await ann.SendInAsync(group.ConversationId, "before");
        await using var carl = await members[2].ConnectAsync();
        await members[0].CallAsync(HttpMethod.Put, $"api/groups/{group.GroupId}/members/{members[2].Id}");
        await Eventually.TrueAsync(async () => (await carl.ConversationsAsync()).Length == 1);

        await ann.SendInAsync(group.ConversationId, "after");

        Assert.Equal(["after"], await carl.TextsAsync(group.ConversationId, 1));
        var history = await carl.HistoryAsync(group.ConversationId);
        Assert.DoesNotContain(history.Messages, message => message.Type == MessageTypes.Text && ImClient.TextOf(message) == "before");
    }

    [Fact]
    public async Task A_recalled_message_is_gone_for_who_comes_later()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        var secret = await annsDevice.SendToAsync(bob.Id, "secret");

        await annsDevice.RecallAsync(secret.ConversationId, secret.Seq);
        await using var bobsDevice = await bob.ConnectAsync();
        var seen = await bobsDevice.NextMessagesAsync(2);

        Assert.Equal((ann.Id, "{}"), (seen[0].RecalledBy, seen[0].Body.GetRawText()));
        Assert.Equal((MessageTypes.Recall, secret.Seq), (seen[1].Type, seen[1].ReplyTo));
    }

    private async Task<TestUser[]> RegisterAsync(params string[] names) => await Task.WhenAll(names.Select(name => TestUser.RegisterAsync(cluster, name)));

    private static string Seqs(HistoryPage page) => string.Join(", ", page.Messages.Select(message => message.Seq)) + (page.HasMore ? " and more" : "");
}
