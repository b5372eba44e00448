using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Chatting;

public abstract class SessionTests(Cluster cluster)
{
    [Fact]
    public async Task A_device_that_connects_twice_is_kicked_from_its_older_connection()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        await using var older = await ann.ConnectAsync(instance: 0, "phone");
        await using var other = await ann.ConnectAsync(instance: 0, "desk");

        await using var newer = await ann.ConnectAsync(instance: 1, "phone");

        Assert.Equal("replaced", (await older.KickedAsync()).Reason);
        await older.ClosedAsync();
        await newer.SyncAsync(0);
        await other.SyncAsync(0); // another device is not concerned
    }

    [Fact]
    public async Task A_signed_out_device_is_kicked()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        await using var phone = await ann.ConnectAsync(instance: 1, "phone");

        await ann.CallAsync(HttpMethod.Delete, "api/devices/phone");

        Assert.Equal("revoked", (await phone.KickedAsync()).Reason);
        await phone.ClosedAsync();
    }

    [Fact]
    public async Task Watchers_learn_who_comes_and_goes()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        var before = Assert.Single(await annsDevice.WatchAsync(bob.Id));

        var bobsDevice = await bob.ConnectAsync(instance: 1);
        var online = await annsDevice.PresenceAsync(bob.Id, online: true);
        var asked = Assert.Single(await annsDevice.WatchAsync(bob.Id));
        await bobsDevice.DisposeAsync();
        var offline = await annsDevice.PresenceAsync(bob.Id, online: false);

        Assert.False(before.Online);
        Assert.Equal(["web"], online.Devices);
        Assert.True(asked.Online);
        Assert.Empty(offline.Devices);
    }
}
