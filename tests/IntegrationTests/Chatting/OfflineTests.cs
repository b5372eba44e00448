using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Chatting;

public abstract class OfflineTests(Cluster cluster)
{
    private const int Count = 250;

    [Fact]
    public async Task Messages_sent_while_a_user_was_away_come_by_sync_in_pages_once_and_in_order()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        var sends = Enumerable.Range(1, Count).Select(i => annsDevice.SendToAsync(bob.Id, $"message {i}"));
        await Task.WhenAll(sends);
        await annsDevice.NextMessagesAsync(Count); // the sender's inbox has them: fan-out is under way for the other as well

        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        var messages = await bobsDevice.NextMessagesAsync(Count);

        Assert.Equal(Enumerable.Range(1, Count).Select(seq => (long)seq), messages.Select(message => message.Seq));
        Assert.Equal(Count, messages.Select(ImClient.TextOf).Distinct().Count());

        var pages = await PagesAsync(bobsDevice, limit: 100);
        Assert.Equal([100, 100, 50], pages.Select(page => page.Entries.Length));
        Assert.Equal(Enumerable.Range(1, Count).Select(position => (long)position), pages.SelectMany(page => page.Entries).Select(entry => entry.Position));
    }

    [Fact]
    public async Task A_device_that_acknowledged_goes_on_where_it_was()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        string? epoch;
        await using (var before = await bob.ConnectAsync(instance: 1))
        {
            await annsDevice.SendToAsync(bob.Id, "seen");
            await before.NextMessageAsync();
            await before.AckAsync(1);
            epoch = (await before.SyncAsync(1)).Epoch;
        }
        await annsDevice.SendToAsync(bob.Id, "missed");

        await using var after = await bob.ConnectAsync(instance: 0);
        await after.NextMessagesAsync(2); // the test device starts with nothing
        var page = await after.SyncAsync(after: 1, epoch: epoch);

        Assert.Equal("missed", ImClient.TextOf(Assert.Single(page.Entries).Message));
        Assert.Equal((2, 2, false, epoch), (page.Next, page.Head, page.Reset, page.Epoch));
    }

    [Fact]
    public async Task A_position_of_another_epoch_is_answered_by_a_reset()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        await annsDevice.SendToAsync(bob.Id, "hello");
        await bobsDevice.NextMessageAsync();

        var page = await bobsDevice.SyncAsync(after: 1, epoch: "of-another-time");

        Assert.True(page.Reset);
        Assert.Equal(1, Assert.Single(page.Entries).Position);
    }

    private static async Task<List<SyncPage>> PagesAsync(ImClient device, int limit)
    {
        List<SyncPage> pages = [await device.SyncAsync(0, limit)];
        while (pages[^1].Next < pages[^1].Head)
            pages.Add(await device.SyncAsync(pages[^1].Next, limit, pages[^1].Epoch));
        return pages;
    }
}
