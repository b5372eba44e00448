using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Chatting;

public abstract class DeliveredTests(Cluster cluster)
{
    [Fact]
    public async Task The_sender_is_told_when_a_device_has_acknowledged_and_no_second_time()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var phone = await bob.ConnectAsync(instance: 1, "phone");
        await using var desk = await bob.ConnectAsync(instance: 0, "desk");
        var ack = await annsDevice.SendToAsync(bob.Id, "one");
        await phone.NextMessageAsync();
        await annsDevice.NextMessageAsync();
        await annsDevice.AckAsync(1); // one's own message is delivered to nobody

        await phone.AckAsync(1);

        var delivered = new Receipt(ack.ConversationId, bob.Id, ReadSeq: 0, ack.Seq);
        Assert.Equal(delivered, await annsDevice.ReceiptAsync(_ => true));
        Assert.Equal(delivered, await desk.ReceiptAsync(_ => true)); // the user's other devices know too

        await desk.NextMessageAsync();
        await desk.AckAsync(1); // has been delivered before
        await annsDevice.SendToAsync(bob.Id, "two");
        await phone.NextMessageAsync();
        await phone.AckAsync(2);
        Assert.Equal(delivered with { DeliveredSeq = 2 }, await annsDevice.ReceiptAsync(_ => true));
    }

    [Fact]
    public async Task A_device_that_is_alone_is_not_told_of_its_own_acknowledgement()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        await using var bobsDevice = await bob.ConnectAsync();
        var ack = await annsDevice.SendToAsync(bob.Id, "one");
        await bobsDevice.NextMessageAsync();
        await bobsDevice.AckAsync(1);
        await annsDevice.ReceiptAsync(_ => true);

        await bobsDevice.ReadAsync(ack.ConversationId, ack.Seq);

        Assert.Equal(ack.Seq, (await bobsDevice.ReceiptAsync(_ => true)).ReadSeq); // the first one that it got
    }

    [Fact]
    public async Task What_is_read_is_delivered()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        var ack = await annsDevice.SendToAsync(bob.Id, "one");
        await bobsDevice.NextMessageAsync();

        await bobsDevice.ReadAsync(ack.ConversationId, ack.Seq);

        Assert.Equal(new Receipt(ack.ConversationId, bob.Id, ack.Seq, ack.Seq), await annsDevice.ReceiptAsync(receipt => receipt.ReadSeq > 0));
    }

    [Fact]
    public async Task A_device_that_never_acknowledged_delivers_by_polling()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        var ack = await annsDevice.SendToAsync(bob.Id, "one");
        var token = (await bob.LoginAsync("wechat")).AccessToken;
        using var rest = bob.Rest();

        var page = await rest.CallAsync<SyncPage>(HttpMethod.Get, "api/inbox?after=0&waitSeconds=20", accessToken: token);
        await rest.CallAsync<SyncPage>(HttpMethod.Get, $"api/inbox?after={page.Next}", accessToken: token);

        Assert.Equal(new Receipt(ack.ConversationId, bob.Id, 0, ack.Seq), await annsDevice.ReceiptAsync(_ => true));
    }

    [Fact]
    public async Task Members_ask_for_the_marks_of_all_and_nobody_else_does()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        var eve = await TestUser.RegisterAsync(cluster, "eve");
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        await using var evesDevice = await eve.ConnectAsync();
        var first = await annsDevice.SendToAsync(bob.Id, "one");
        await annsDevice.SendToAsync(bob.Id, "two");
        await bobsDevice.NextMessagesAsync(2);
        await bobsDevice.AckAsync(2);
        await bobsDevice.ReadAsync(first.ConversationId, first.Seq);
        // Two instances may tell of the two marks side by side, each of what it knows: a client keeps the highest of each.
        var (read, delivered) = (0L, 0L);
        await annsDevice.ReceiptAsync(receipt => ((read, delivered) = (Math.Max(read, receipt.ReadSeq), Math.Max(delivered, receipt.DeliveredSeq))) == (1, 2));

        var marks = await annsDevice.ReceiptsAsync(first.ConversationId);

        Assert.Equal([ann.Id, bob.Id], marks.Select(mark => mark.UserId).Order(StringComparer.Ordinal));
        Assert.Contains(new Receipt(first.ConversationId, bob.Id, ReadSeq: 1, DeliveredSeq: 2), marks);
        Assert.Equal(ErrorCodes.NotAMember, await evesDevice.RefusedAsync("Receipts", new ReceiptsRequest(first.ConversationId)));
        Assert.Equal(ErrorCodes.InvalidArgument, await annsDevice.RefusedAsync("Receipts", new ReceiptsRequest(null)));
        Assert.Equal(marks, await annsDevice.ReceiptsAsync(first.ConversationId));
    }
}
