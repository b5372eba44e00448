using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Chatting;

/// <summary>Inboxes that keep little, and a login policy: on a system of their own.</summary>
public sealed class SmallInboxTests(SmallInboxCluster cluster) : IClassFixture<SmallInboxCluster>
{
    [Fact]
    public async Task What_exceeds_the_capacity_comes_from_overflow_once_and_in_order()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        await SendAsync(annsDevice, bob, 250); // one sealed segment and the tail stay in the state store

        await using var bobsDevice = await bob.ConnectAsync();
        var shown = await bobsDevice.NextMessagesAsync(250);
        var page = await bobsDevice.SyncAsync(after: 50);

        Assert.Equal(Enumerable.Range(1, 250).Select(seq => (long)seq), shown.Select(message => message.Seq));
        Assert.Equal((51, 150, 250, false), (page.Entries[0].Position, page.Next, page.Head, page.Reset));
    }

    [Fact]
    public async Task A_device_that_was_away_for_too_long_gets_a_reset()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        await using var bobsDevice = await bob.ConnectAsync();
        await SendAsync(annsDevice, bob, 10);
        await bobsDevice.NextMessagesAsync(10);
        var epoch = (await bobsDevice.SyncAsync(10)).Epoch;
        await SendAsync(annsDevice, bob, 350);
        await bobsDevice.NextMessagesAsync(350);

        var page = await bobsDevice.SyncAsync(after: 10, epoch: epoch);

        Assert.True(page.Reset);
        Assert.Equal((101, epoch), (page.Entries[0].Position, page.Epoch));
    }

    [Fact]
    public async Task Of_devices_that_may_not_be_online_together_the_newest_stays()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        await using var older = await ann.ConnectAsync(deviceId: "old");

        await using var newer = await ann.ConnectAsync(deviceId: "new");

        Assert.Equal("policy", (await older.KickedAsync()).Reason);
        await older.ClosedAsync();
        await newer.SyncAsync(0);
    }

    private static async Task SendAsync(ImClient device, TestUser to, int count)
    {
        await Task.WhenAll(Enumerable.Range(1, count).Select(i => device.SendToAsync(to.Id, $"{i}")));
        await device.NextMessagesAsync(count);
    }
}
