using System.Threading.Channels;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace ImDapr.IntegrationTests.Chatting;

/// <summary>MessagePack as any client speaks it: maps with the very names of the JSON, and nothing of our types.</summary>
public abstract class MessagePackTests(Cluster cluster)
{
    [Fact]
    public async Task MessagePack_carries_the_same_names_and_values_as_JSON()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsHub = await ConnectAsync(ann);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        var pushed = Channel.CreateBounded<object[]>(10);
        annsHub.On<object[]>("Deliver", entries => pushed.Writer.TryWrite(entries));
        var sync = Map(await annsHub.InvokeAsync<object>("Sync", new Dictionary<string, object> { ["after"] = 0, ["limit"] = 10 }));

        var ack = Map(await annsHub.InvokeAsync<object>("Send", Message(bob.Id)));
        var received = await bobsDevice.NextMessageAsync();
        using var limit = new CancellationTokenSource(ImClient.Patience);
        var entry = Map((await pushed.Reader.ReadAsync(limit.Token))[0]);

        Assert.Equal((0L, false), (Convert.ToInt64(sync["head"]), sync["reset"]));
        Assert.Equal((1L, false), (Convert.ToInt64(ack["seq"]), ack["duplicate"]));
        Assert.Equal("hello 数", ImClient.TextOf(received));
        Assert.Equal((7, true), (received.Body.GetProperty("number").GetInt32(), received.Body.GetProperty("flag").GetBoolean()));
        Assert.Equal(1L, Convert.ToInt64(entry["position"]));
        Assert.Equal("hello 数", Map(Map(entry["message"])["body"])["text"]);
    }

    [Fact]
    public async Task MessagePack_gets_the_same_errors()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        await using var hub = await ConnectAsync(ann);

        var error = await Assert.ThrowsAsync<HubException>(() => hub.InvokeAsync<object>("Send", Message("no user")));

        Assert.Equal("invalid_argument", Chat.Connecting.HubErrors.Parse(error).Code);
        Assert.Equal(HubConnectionState.Connected, hub.State);
    }

    private static async Task<HubConnection> ConnectAsync(TestUser user)
    {
        var tokens = await user.LoginAsync();
        var hub = ImClient.Build(user.Origin(), "d1", tokens.AccessToken).AddMessagePackProtocol().Build();
        await hub.StartAsync();
        return hub;
    }

    private static Dictionary<string, object> Message(string toUserId) => new()
    {
        ["clientMessageId"] = "c-1",
        ["toUserId"] = toUserId,
        ["type"] = "text",
        ["body"] = new Dictionary<string, object> { ["text"] = "hello 数", ["number"] = 7, ["flag"] = true },
    };

    private static Dictionary<object, object> Map(object value) => Assert.IsType<Dictionary<object, object>>(value);
}
