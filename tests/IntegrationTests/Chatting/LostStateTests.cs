using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Chatting;

public abstract class LostStateTests(Cluster cluster)
{
    [Fact]
    public async Task Losing_the_whole_state_store_loses_no_message()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        string epoch;
        await using (var device = await ann.ConnectAsync())
        {
            for (var i = 1; i <= 30; i++)
                await device.SendToAsync(bob.Id, $"{i}");
            await device.NextMessagesAsync(30);
            epoch = (await device.SyncAsync(0)).Epoch;
        }

        await cluster.LoseStateAndRestartAsync();
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);

        var expected = Enumerable.Range(1, 30).Select(seq => (long)seq);
        Assert.Equal(expected, (await bobsDevice.NextMessagesAsync(30)).Select(message => message.Seq));
        Assert.Equal(expected, (await annsDevice.NextMessagesAsync(30)).Select(message => message.Seq));
        var page = await annsDevice.SyncAsync(after: 30, epoch: epoch);
        Assert.True(page.Reset);
        Assert.NotEqual(epoch, page.Epoch);
    }
}
