using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Chatting;

public abstract class SendingTests(Cluster cluster)
{
    [Fact]
    public async Task A_retry_with_the_same_clientMessageId_answers_with_the_first_seq()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsPhone = await ann.ConnectAsync(instance: 0, "phone");
        await using var annsDesk = await ann.ConnectAsync(instance: 1, "desk");
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);

        var first = await annsPhone.SendToAsync(bob.Id, "hello", "c-1");
        var retry = await annsPhone.SendToAsync(bob.Id, "hello", "c-1");
        var elsewhere = await annsDesk.SendToAsync(bob.Id, "hello", "c-1");
        var next = await annsPhone.SendToAsync(bob.Id, "next", "c-2");

        Assert.False(first.Duplicate);
        Assert.Equal(first with { Duplicate = true }, retry);
        Assert.Equal(first with { Duplicate = true }, elsewhere);
        Assert.Equal(first.Seq + 1, next.Seq);
        Assert.Equal(["hello", "next"], (await bobsDevice.NextMessagesAsync(2)).Select(ImClient.TextOf));
    }

    [Fact]
    public async Task Sends_that_are_under_way_together_are_stored_in_the_order_in_which_they_were_sent()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsPhone = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);

        var acks = await Task.WhenAll(Enumerable.Range(1, 40).Select(i => annsPhone.SendToAsync(bob.Id, $"{i}", $"c-{i}")));

        Assert.Equal(Enumerable.Range(1, 40).Select(seq => (long)seq), acks.Select(ack => ack.Seq));
        Assert.Equal(Enumerable.Range(1, 40).Select(i => $"{i}"), (await bobsDevice.NextMessagesAsync(40)).Select(ImClient.TextOf));
    }

    [Fact]
    public async Task Concurrent_retries_store_one_message()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsPhone = await ann.ConnectAsync(instance: 0, "phone");
        await using var annsDesk = await ann.ConnectAsync(instance: 1, "desk");

        var acks = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => (i % 2 == 0 ? annsPhone : annsDesk).SendToAsync(bob.Id, "hello", "c-1")));

        Assert.Single(acks, ack => !ack.Duplicate);
        Assert.Single(acks.Select(ack => (ack.Seq, ack.SentAt)).Distinct());
        Assert.Single((await annsPhone.HistoryAsync(acks[0].ConversationId)).Messages);
    }

    [Fact]
    public async Task Concurrent_sends_through_all_instances_get_contiguous_seqs()
    {
        const int each = 60;
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);

        var acks = await Task.WhenAll(Enumerable.Range(0, each).SelectMany(i =>
            new[] { annsDevice.SendToAsync(bob.Id, $"ann {i}"), bobsDevice.SendToAsync(ann.Id, $"bob {i}") }));

        var expected = Enumerable.Range(1, 2 * each).Select(seq => (long)seq).ToArray();
        Assert.Equal(expected, acks.Select(ack => ack.Seq).Order());
        Assert.Equal(expected, (await annsDevice.HistoryAsync(acks[0].ConversationId, after: 0, limit: 200)).Messages.Select(message => message.Seq));
        Assert.Equal(expected, (await annsDevice.NextMessagesAsync(2 * each)).Select(message => message.Seq));
        Assert.Equal(expected, (await bobsDevice.NextMessagesAsync(2 * each)).Select(message => message.Seq));
    }

    [Fact]
    public async Task The_same_clientMessageId_of_two_senders_is_two_messages()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);

        var anns = await annsDevice.SendToAsync(bob.Id, "from ann", "c-1");
        var bobs = await bobsDevice.SendToAsync(ann.Id, "from bob", "c-1");

        Assert.Equal((1, 2, false), (anns.Seq, bobs.Seq, bobs.Duplicate));
    }
}
