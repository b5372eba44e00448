using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Chatting;

public abstract class ReadingTests(Cluster cluster)
{
    [Fact]
    public async Task Unread_counts_what_came_after_the_read_mark_and_nothing_of_ones_own()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        var conversationId = ConversationId.Direct(ann.Id, bob.Id);
        foreach (var text in new[] { "one", "two", "three" })
            await annsDevice.SendToAsync(bob.Id, text);
        await bobsDevice.NextMessagesAsync(3);

        var before = Assert.Single(await bobsDevice.ConversationsAsync());
        await bobsDevice.ReadAsync(conversationId, 2);
        var after = Assert.Single(await bobsDevice.ConversationsAsync());
        await bobsDevice.ReadAsync(conversationId, 1); // marks only rise
        var again = Assert.Single(await bobsDevice.ConversationsAsync());
        var own = Assert.Single(await annsDevice.ConversationsAsync());
        await bobsDevice.SendToAsync(ann.Id, "four");
        var answered = Assert.Single(await bobsDevice.ConversationsAsync());

        Assert.Equal((conversationId, ConversationKinds.Direct, ann.Id, "ann"), (before.ConversationId, before.Kind, before.PeerId, before.Title));
        Assert.Equal((3, 0, 3, "three"), (before.LastSeq, before.ReadSeq, before.Unread, ImClient.TextOf(before.LastMessage!)));
        Assert.Equal((2, 1), (after.ReadSeq, after.Unread));
        Assert.Equal((2, 1), (again.ReadSeq, again.Unread));
        Assert.Equal(0, own.Unread);
        Assert.Equal((4, 0), (answered.LastSeq, answered.Unread));
    }

    [Fact]
    public async Task The_other_user_is_told_of_a_risen_read_mark()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        var ack = await annsDevice.SendToAsync(bob.Id, "hello");
        await bobsDevice.NextMessageAsync();

        await bobsDevice.ReadAsync(ack.ConversationId, ack.Seq);

        Assert.Equal(new Receipt(ack.ConversationId, bob.Id, ack.Seq, ack.Seq), await annsDevice.ReceiptAsync(receipt => receipt.ReadSeq > 0));
    }

    [Fact]
    public async Task Conversations_come_most_recently_active_first_and_in_pages()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        await using var annsDevice = await ann.ConnectAsync();
        var others = new List<TestUser>();
        foreach (var name in new[] { "bob", "carl", "dora" })
        {
            others.Add(await TestUser.RegisterAsync(cluster, name));
            await annsDevice.SendToAsync(others[^1].Id, name);
        }
        await annsDevice.NextMessagesAsync(3);
        await annsDevice.SendToAsync(others[0].Id, "bob again");
        await annsDevice.NextMessageAsync();

        var first = await annsDevice.ConversationsAsync(limit: 2);
        var second = await annsDevice.ConversationsAsync(after: first[^1].ConversationId, limit: 2);

        Assert.Equal([others[0].Id, others[2].Id], first.Select(conversation => conversation.PeerId));
        Assert.Equal([others[1].Id], second.Select(conversation => conversation.PeerId));
    }

    [Fact]
    public async Task History_reads_backwards_and_forwards()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        for (var i = 1; i <= 10; i++)
            await annsDevice.SendToAsync(bob.Id, $"{i}");
        var id = ConversationId.Direct(ann.Id, bob.Id);

        var newest = await bobsDevice.HistoryAsync(id, limit: 4);
        var older = await bobsDevice.HistoryAsync(id, before: newest.Messages[0].Seq, limit: 4);
        var oldest = await bobsDevice.HistoryAsync(id, before: older.Messages[0].Seq, limit: 4);
        var forward = await bobsDevice.HistoryAsync(id, after: 0, limit: 4);
        var last = await bobsDevice.HistoryAsync(id, after: 8, limit: 4);

        Assert.Equal("7,8,9,10 more", Shape(newest));
        Assert.Equal("3,4,5,6 more", Shape(older));
        Assert.Equal("1,2 end", Shape(oldest));
        Assert.Equal("1,2,3,4 more", Shape(forward));
        Assert.Equal("9,10 end", Shape(last));
        Assert.Equal(["1", "2", "3", "4"], forward.Messages.Select(ImClient.TextOf));
    }

    [Fact]
    public async Task History_of_others_is_closed()
    {
        var members = await Task.WhenAll(new[] { "ann", "bob", "eve" }.Select(name => TestUser.RegisterAsync(cluster, name)));
        await using var ann = await members[0].ConnectAsync(instance: 0);
        await using var eve = await members[2].ConnectAsync(instance: 1);
        var ack = await ann.SendToAsync(members[1].Id, "between us");

        Assert.Equal(ErrorCodes.NotAMember, await eve.RefusedAsync("History", new HistoryRequest(ack.ConversationId, null, null, 10)));
        Assert.Equal(ErrorCodes.NotAMember, await eve.RefusedAsync("Read", new ReadRequest(ack.ConversationId, 1)));
        Assert.Empty(await eve.ConversationsAsync());
    }

    private static string Shape(HistoryPage page) => $"{string.Join(',', page.Messages.Select(message => message.Seq))} {(page.HasMore ? "more" : "end")}";
}
