using System.Collections.Concurrent;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Chatting;

public abstract class CrashTests(Cluster cluster)
{
    private const int BeforeTheCrash = 60;

    [Fact]
    public async Task SIGKILL_of_everything_loses_nothing_that_was_acknowledged()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        var acknowledged = await SendUntilTheCrashAsync(ann, bob.Id);

        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        await annsDevice.SendToAsync(bob.Id, "after the crash");
        var bobs = await UntilAsync(bobsDevice, "after the crash");
        var anns = await UntilAsync(annsDevice, "after the crash");

        Assert.Equal(bobs.Select(message => message.Seq), bobs.Select(message => message.Seq).Order().Distinct());
        Assert.Equal(bobs.Select(Key), anns.Select(Key));
        Assert.Subset(bobs.Select(message => (message.ClientMessageId, message.Seq)).ToHashSet(), acknowledged.Select(a => (a.Key, a.Value)).ToHashSet());
        Assert.True(acknowledged.Count >= BeforeTheCrash);
    }

    [Fact]
    public async Task A_retry_over_a_crash_is_one_message()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        SendAck first;
        await using (var before = await ann.ConnectAsync())
            first = await before.SendToAsync(bob.Id, "hello", "c-1");

        await cluster.CrashAndRestartAsync();
        await using var after = await ann.ConnectAsync();
        var retry = await after.SendToAsync(bob.Id, "hello", "c-1");

        Assert.Equal(first with { Duplicate = true }, retry);
        Assert.Equal(2, (await after.SendToAsync(bob.Id, "next")).Seq);
    }

    // Sends go on while everything dies: some are acknowledged, some are not, some nobody knows.
    private async Task<ConcurrentDictionary<string, long>> SendUntilTheCrashAsync(TestUser ann, string bobId)
    {
        var acknowledged = new ConcurrentDictionary<string, long>();
        var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var device = await ann.ConnectAsync();

        var sending = Task.WhenAll(Enumerable.Range(0, 4).Select(async lane =>
        {
            for (var i = 0; ; i++)
            {
                var id = $"{lane}-{i}";
                acknowledged[id] = (await device.SendToAsync(bobId, id, id)).Seq;
                if (acknowledged.Count >= BeforeTheCrash)
                    enough.TrySetResult();
            }
        }));
        await Task.WhenAny(enough.Task.WaitAsync(ImClient.Patience), sending);
        await cluster.CrashAndRestartAsync();
        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // every lane ends with the connection
        return acknowledged;
    }

    private static async Task<List<Message>> UntilAsync(ImClient device, string last)
    {
        var messages = new List<Message>();
        while (messages.Count == 0 || ImClient.TextOf(messages[^1]) != last)
            messages.Add(await device.NextMessageAsync());
        return messages;
    }

    private static (long, string) Key(Message message) => (message.Seq, message.ClientMessageId);
}
