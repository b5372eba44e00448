using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Chatting;

/// <summary>The real chat program, as the README shows it.</summary>
public abstract class TwoChatsTests(Cluster cluster) : IDisposable
{
    private const int Missed = 250;
    private readonly string _folder = Directory.CreateTempSubdirectory("imdapr-chats-").FullName;
    private readonly string _ann = $"ann-{Guid.NewGuid():N}"[..12];
    private readonly string _bob = $"bob-{Guid.NewGuid():N}"[..12];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_chat_that_was_stopped_shows_all_it_missed_once_and_in_order_and_nothing_is_lost_when_everything_is_killed()
    {
        var expected = Enumerable.Range(1, Missed).Select(i => $"message {i}").ToArray();
        await using (var ann = await StartAsync(_ann, instance: 0))
        {
            await using (var bob = await StartAsync(_bob, instance: 1))
            {
                await ann.WriteAsync($"/to {_bob}");
                await ann.WriteAsync("hello");
                Assert.Equal("hello", ChatProcess.Text(await bob.NextAsync("message")));
                await bob.WriteAsync($"/to {_ann}");
                await bob.WriteAsync("hi");
                await bob.NextAsync("ack");
            }

            foreach (var line in expected)
                await ann.WriteAsync(line);
            for (var i = 0; i < Missed + 1; i++)
                await ann.NextAsync("ack");
        }

        await using (var bob = ChatProcess.Start(cluster.Origin(1), _bob, Data(_bob)))
            Assert.Equal(expected, await bob.MessagesUntilReadyAsync(_bob));

        await cluster.CrashAndRestartAsync();

        await using (var bob = ChatProcess.Start(cluster.Origin(1), _bob, Data(_bob)))
            Assert.Empty(await bob.MessagesUntilReadyAsync(_bob)); // all of it was shown before
        await using var elsewhere = ChatProcess.Start(cluster.Origin(0), _bob, Data("elsewhere"), "--device", "elsewhere");
        Assert.Equal(["hello", .. expected], await elsewhere.MessagesUntilReadyAsync(_bob));
    }

    [Fact]
    public async Task Piped_lines_are_sent_and_until_waits_for_answers()
    {
        await using var bob = ChatProcess.Start(cluster.Origin(1), _bob, Data(_bob), "--until", "2");
        await bob.NextAsync("ready");
        await using var ann = ChatProcess.Start(cluster.Origin(0), _ann, Data(_ann));
        await ann.WriteAsync($"/to {_bob}");
        await ann.WriteAsync("one");
        await ann.WriteAsync("two");
        ann.EndInput();
        bob.EndInput();

        Assert.Equal(0, await ann.ExitCodeAsync());
        Assert.Equal("one", ChatProcess.Text(await bob.NextAsync("message")));
        Assert.Equal("two", ChatProcess.Text(await bob.NextAsync("message")));
        Assert.Equal(0, await bob.ExitCodeAsync());
    }

    [Fact]
    public async Task A_refused_line_ends_a_script_with_code_1()
    {
        await using var ann = ChatProcess.Start(cluster.Origin(), _ann, Data(_ann));
        await ann.WriteAsync("/to nobody-at-all");
        await ann.WriteAsync("hello?");
        ann.EndInput();

        Assert.Equal("not_found", (await ann.NextErrorAsync()).GetProperty("code").GetString());
        Assert.Equal(1, await ann.ExitCodeAsync());
    }

    private async Task<ChatProcess> StartAsync(string userId, int instance)
    {
        var chat = ChatProcess.Start(cluster.Origin(instance), userId, Data(userId));
        await chat.NextAsync("ready");
        return chat;
    }

    private string Data(string name) => Path.Combine(_folder, name);
}
