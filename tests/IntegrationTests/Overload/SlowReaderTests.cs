using System.Globalization;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Overload;

public abstract class SlowReaderTests(Cluster cluster)
{
    private const int Senders = 4;
    private const int Each = 150;

    // Almost a full body: 9 MB in all. The network of this machine takes some 4 MB by itself, and then half a megabyte may wait.
    private static readonly string Filling = new('x', 15_000);

    [Fact]
    public async Task A_client_that_does_not_read_is_closed_holds_nobody_up_and_catches_up()
    {
        var bob = await TestUser.RegisterAsync(cluster, "bob");
        var senders = await Task.WhenAll(Enumerable.Range(0, Senders).Select(i => TestUser.RegisterAsync(cluster, $"ann{i}")));
        var devices = await Task.WhenAll(senders.Select(sender => sender.ConnectAsync()));
        await using var phone = await bob.ConnectAsync(deviceId: "phone");
        await using var stuck = await RawHubClient.ConnectAsync(bob.Origin(), "stuck", (await bob.LoginAsync("stuck")).AccessToken);

        await Task.WhenAll(devices.Select(device => SendAllAsync(device, bob)));
        var shown = await phone.NextMessagesAsync(Senders * Each);
        await Eventually.TrueAsync(async () => (await cluster.LogAsync()).Contains("bytes wait for its client, which does not read", StringComparison.Ordinal));
        var pushes = await stuck.ReadToEndAsync();
        await using var back = await bob.ConnectAsync(deviceId: "stuck");
        var caughtUp = await back.NextMessagesAsync(Senders * Each);
        await Task.WhenAll(devices.Select(device => device.DisposeAsync().AsTask()));

        Assert.InRange(pushes, 0, (Senders * Each) - 1); // a connection that is cut off may take along what lay in the network
        Assert.Equal(shown.Select(Name), caughtUp.Select(Name));
        foreach (var sender in senders)
            Assert.Equal(Enumerable.Range(0, Each), shown.Where(message => message.SenderId == sender.Id).Select(NumberOf));
    }

    private static async Task SendAllAsync(ImClient device, TestUser to)
    {
        for (var i = 0; i < Each; i++)
            await device.SendToAsync(to.Id, $"{i} {Filling}");
    }

    private static (string, long) Name(Message message) => (message.ConversationId, message.Seq);

    private static int NumberOf(Message message) => int.Parse(ImClient.TextOf(message).Split(' ')[0], CultureInfo.InvariantCulture);
}
