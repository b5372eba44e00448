using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Chatting;

/// <summary>What bad input gets. After each refusal the connection still works and nothing was stored: the next good message has the next seq.</summary>
public abstract class RefusalTests(Cluster cluster)
{
    [Fact]
    public Task An_unknown_user_is_not_found() => RefusesAsync(ErrorCodes.NotFound, _ => Send(toUserId: $"nobody-{Guid.NewGuid():N}"));

    [Fact]
    public Task An_unknown_group_is_not_for_strangers() =>
        RefusesAsync(ErrorCodes.NotAMember, _ => Send(conversationId: ConversationId.Group($"g{Guid.NewGuid():N}")));

    [Fact]
    public Task A_conversation_of_others_is_not_for_strangers() => RefusesAsync(ErrorCodes.NotAMember, _ => Send(conversationId: "d:somebody:somebodyelse"));

    [Fact]
    public Task A_body_of_more_than_16_KiB_is_too_large() =>
        RefusesAsync(ErrorCodes.TooLarge, bob => Send(toUserId: bob, body: new { text = new string('x', Limits.BodyBytes) }));

    [Fact]
    public Task Sixteen_KiB_are_counted_in_bytes_and_not_in_letters() =>
        RefusesAsync(ErrorCodes.TooLarge, bob => Send(toUserId: bob, body: new { text = new string('语', Limits.BodyBytes / 2) }));

    [Fact]
    public Task An_unknown_type_is_invalid() => RefusesAsync(ErrorCodes.InvalidArgument, bob => Send(toUserId: bob, type: "nonsense"));

    [Fact]
    public Task A_type_that_only_the_server_uses_is_invalid() => RefusesAsync(ErrorCodes.InvalidArgument, bob => Send(toUserId: bob, type: MessageTypes.Void));

    [Fact]
    public Task A_missing_clientMessageId_is_invalid() =>
        RefusesAsync(ErrorCodes.InvalidArgument, bob => new { toUserId = bob, type = "text", body = new { text = "x" } });

    [Fact]
    public Task A_missing_body_is_invalid() => RefusesAsync(ErrorCodes.InvalidArgument, bob => new { clientMessageId = "c", toUserId = bob, type = "text" });

    [Fact]
    public Task A_missing_type_is_invalid() =>
        RefusesAsync(ErrorCodes.InvalidArgument, bob => new { clientMessageId = "c", toUserId = bob, body = new { text = "x" } });

    [Fact]
    public Task A_text_without_its_text_is_invalid() => RefusesAsync(ErrorCodes.InvalidArgument, bob => Send(toUserId: bob, body: new { }));

    [Fact]
    public Task A_body_that_is_no_object_is_invalid() => RefusesAsync(ErrorCodes.InvalidArgument, bob => Send(toUserId: bob, body: "text"));

    [Fact]
    public Task Neither_user_nor_conversation_is_invalid() => RefusesAsync(ErrorCodes.InvalidArgument, _ => Send());

    [Fact]
    public Task Both_user_and_conversation_are_invalid() =>
        RefusesAsync(ErrorCodes.InvalidArgument, bob => Send(toUserId: bob, conversationId: "d:ann:bob"));

    [Fact]
    public Task A_wrong_JSON_type_is_invalid() =>
        RefusesAsync(ErrorCodes.InvalidArgument, bob => new { clientMessageId = 5, toUserId = bob, type = "text", body = new { text = "x" } });

    [Fact]
    public Task An_argument_that_is_no_object_is_invalid() => RefusesAsync(ErrorCodes.InvalidArgument, _ => "hello");

    [Fact]
    public Task A_forged_sender_is_unauthorized() => RefusesAsync(ErrorCodes.Unauthorized, bob => Send(toUserId: bob, senderId: bob));

    [Theory]
    [InlineData("bob'; DROP TABLE messages; --")]
    [InlineData("bob' OR '1'='1")]
    [InlineData("../admin")]
    [InlineData("bob||x")]
    [InlineData("")]
    [InlineData(" bob")]
    [InlineData("d:a:b")]
    public async Task SQL_and_other_nonsense_in_an_id_is_invalid(string id)
    {
        await RefusesAsync(ErrorCodes.InvalidArgument, _ => Send(toUserId: id));
        await RefusesAsync(ErrorCodes.InvalidArgument, _ => Send(conversationId: $"g:{id}'"));
    }

    [Theory]
    [InlineData("c'; DROP TABLE messages; --")]
    [InlineData("")]
    [InlineData("with a space")]
    [InlineData("ünïcödé")]
    public Task A_clientMessageId_that_is_none_is_invalid(string id) =>
        RefusesAsync(ErrorCodes.InvalidArgument, bob => Send(toUserId: bob, clientMessageId: id));

    [Fact]
    public async Task SQL_in_a_text_is_a_text()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        await using var bobsDevice = await bob.ConnectAsync();
        const string text = "'; DROP TABLE messages; -- \\' \" ` ? @p {0} %s";

        await annsDevice.SendToAsync(bob.Id, text);

        Assert.Equal(text, ImClient.TextOf(await bobsDevice.NextMessageAsync()));
    }

    [Fact]
    public async Task Who_is_blocked_is_told_so_until_unblocked()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        await annsDevice.SendToAsync(bob.Id, "one");

        await bob.CallAsync(HttpMethod.Put, $"api/blocks/{ann.Id}");
        await Eventually.TrueAsync(async () => await CodeAsync(annsDevice, Send(toUserId: bob.Id, type: "text")) == ErrorCodes.Blocked);
        await bob.CallAsync(HttpMethod.Delete, $"api/blocks/{ann.Id}");
        await Eventually.TrueAsync(async () => await CodeAsync(annsDevice, Send(toUserId: bob.Id, type: "text")) is null);

        Assert.Equal("one", ImClient.TextOf(await bobsDevice.NextMessageAsync()));
    }

    [Fact]
    public async Task Bad_arguments_of_the_other_methods_are_invalid()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        await using var device = await ann.ConnectAsync();

        Assert.Equal(ErrorCodes.InvalidArgument, await device.RefusedAsync("Sync", new SyncRequest(-1, 10)));
        Assert.Equal(ErrorCodes.InvalidArgument, await device.RefusedAsync("Sync", new SyncRequest(0, -1)));
        Assert.Equal(ErrorCodes.InvalidArgument, await device.RefusedAsync("Ack", new AckRequest(-1)));
        Assert.Equal(ErrorCodes.InvalidArgument, await device.RefusedAsync("Ack", new AckRequest(1_000_000)));
        Assert.Equal(ErrorCodes.InvalidArgument, await device.RefusedAsync("History", new HistoryRequest("nonsense", null, null, 10)));
        Assert.Equal(ErrorCodes.InvalidArgument, await device.RefusedAsync("Read", new ReadRequest(null, 1)));
        Assert.Equal(ErrorCodes.InvalidArgument, await device.RefusedAsync("WatchPresence", new WatchPresenceRequest(null)));
        Assert.Equal(ErrorCodes.InvalidArgument, await device.RefusedAsync("WatchPresence", new WatchPresenceRequest(["a'b"])));
        Assert.Equal(0, (await device.SyncAsync(0)).Head);
    }

    private async Task RefusesAsync(string code, Func<string, object> badSend)
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);

        var refused = await annsDevice.RefusedAsync("Send", badSend(bob.Id));
        var ack = await annsDevice.SendToAsync(bob.Id, "good");

        Assert.Equal(code, refused);
        Assert.Equal(1, ack.Seq);
        Assert.Equal("good", ImClient.TextOf(await bobsDevice.NextMessageAsync()));
        Assert.Equal("good", ImClient.TextOf(await annsDevice.NextMessageAsync()));
        Assert.Equal(1, (await annsDevice.SyncAsync(0)).Head);
    }

    private static async Task<string?> CodeAsync(ImClient device, object send)
    {
        try
        {
            await device.CallAsync<SendAck>("Send", send);
            return null;
        }
        catch (Microsoft.AspNetCore.SignalR.HubException e)
        {
            return Chat.Connecting.HubErrors.Parse(e).Code;
        }
    }

    private static SendMessage Send(
        string? toUserId = null, string? conversationId = null, string type = "text", object? body = null, string? senderId = null, string? clientMessageId = null) =>
        new(clientMessageId ?? Guid.NewGuid().ToString("N"), toUserId, conversationId, type, JsonSerializer.SerializeToElement(body ?? new { text = "x" }), SenderId: senderId);
}
