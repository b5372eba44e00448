using System.Globalization;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;
using MySqlConnector;
using StackExchange.Redis;

namespace ImDapr.IntegrationTests.Storage;

/// <summary>Two nodes, on which a group of four is large and one of two is small again.</summary>
public sealed class SmallTimelinesCluster() : ServerCluster("timelines", "tests/two-instances.dapr.yaml")
{
    protected override IReadOnlyDictionary<string, string> AppSettings => new Dictionary<string, string>
    {
        ["FanOut__TimelineFrom"] = "4",
        ["FanOut__TimelineBelow"] = "3",
    };
}

/// <summary>A group that grows over the threshold is read as a timeline, and goes back with hysteresis, while its members talk.</summary>
public sealed class TimelineTests(SmallTimelinesCluster cluster) : IClassFixture<SmallTimelinesCluster>
{
    [Fact]
    public async Task A_group_that_grows_and_shrinks_loses_and_doubles_nothing()
    {
        var members = await Task.WhenAll(new[] { "ann", "bob", "carl", "dora" }.Select(name => TestUser.RegisterAsync(cluster, name)));
        var group = await members[0].CreateGroupAsync(members[1..2]);
        await using var ann = await members[0].ConnectAsync(instance: 0);
        await using var bob = await members[1].ConnectAsync(instance: 1);
        var sent = new List<string>();

        await SayAsync("small");
        await members[0].CallAsync(HttpMethod.Put, $"api/groups/{group.GroupId}/members/{members[2].Id}");
        await SayAsync("three");
        await members[0].CallAsync(HttpMethod.Put, $"api/groups/{group.GroupId}/members/{members[3].Id}");
        await UntilAsync(isTimeline: true);
        await SayAsync("large");
        await members[0].CallAsync(HttpMethod.Delete, $"api/groups/{group.GroupId}/members/{members[3].Id}");
        await SayAsync("between"); // three members: below the upper threshold, not below the lower one
        await members[0].CallAsync(HttpMethod.Delete, $"api/groups/{group.GroupId}/members/{members[2].Id}");
        await UntilAsync(isTimeline: false);
        await SayAsync("small again");

        foreach (var device in new[] { ann, bob })
            Assert.Equal(sent, await device.TextsAsync(group.ConversationId, sent.Count));
        await using var late = await members[1].ConnectAsync(instance: 0, "late");
        Assert.Equal(sent, await late.TextsAsync(group.ConversationId, sent.Count));

        async Task SayAsync(string phase)
        {
            for (var i = 0; i < 5; i++)
            {
                sent.Add($"{phase} {i}");
                await (i % 2 == 0 ? ann : bob).SendInAsync(group.ConversationId, sent[^1]);
            }
        }

        // Whether a new message gets a position in ann's inbox.
        async Task UntilAsync(bool isTimeline) => await Eventually.TrueAsync(async () =>
        {
            sent.Add($"probe {sent.Count}");
            var head = (await ann.SyncAsync(long.MaxValue / 2)).Head;
            await ann.SendInAsync(group.ConversationId, sent[^1]);
            return (await ann.SyncAsync(long.MaxValue / 2)).Head == head == isTimeline;
        });
    }

    [Fact]
    public async Task A_message_of_a_timeline_is_pushed_to_members_on_every_node()
    {
        var members = await Task.WhenAll(new[] { "ann", "bob", "carl", "dora" }.Select(name => TestUser.RegisterAsync(cluster, name)));
        var group = await members[0].CreateGroupAsync(members[1..]);
        await using var ann = await members[0].ConnectAsync(instance: 0);
        await ann.SendInAsync(group.ConversationId, "first");
        await using var bob = await members[1].ConnectAsync(instance: 0);
        await using var carl = await members[2].ConnectAsync(instance: 1);

        await ann.SendInAsync(group.ConversationId, "second");

        foreach (var device in new[] { ann, bob, carl })
        {
            Assert.Equal(["first", "second"], await device.TextsAsync(group.ConversationId, 2));
            Assert.Empty((await device.SyncAsync(0)).Entries);
        }
    }

    [Fact]
    public async Task A_member_who_was_removed_gets_nothing_more()
    {
        var members = await Task.WhenAll(new[] { "ann", "bob", "carl", "dora", "emil" }.Select(name => TestUser.RegisterAsync(cluster, name)));
        var group = await members[0].CreateGroupAsync(members[1..]);
        await using var ann = await members[0].ConnectAsync(instance: 0);
        await using var emil = await members[4].ConnectAsync(instance: 1);
        await ann.SendInAsync(group.ConversationId, "together");
        await emil.TextsAsync(group.ConversationId, 1);

        await members[0].CallAsync(HttpMethod.Delete, $"api/groups/{group.GroupId}/members/{members[4].Id}");
        await Eventually.TrueAsync(async () => !(await emil.ConversationsAsync()).Any());
        await ann.SendInAsync(group.ConversationId, "without emil");
        var direct = await ann.SendToAsync(members[4].Id, "sorry");

        Assert.Equal(["sorry"], await emil.TextsAsync(direct.ConversationId, 1));
        Assert.Empty((await emil.SyncAsync(0)).Timelines);
        Assert.Equal(ErrorCodes.NotAMember, await emil.RefusedAsync("History", new HistoryRequest(group.ConversationId, null, null, 10)));
        Assert.DoesNotContain(emil.ShownSoFar, message => message.Type == MessageTypes.Text && ImClient.TextOf(message) == "without emil");
    }

    [Fact]
    public async Task A_message_to_ten_thousand_members_is_one_row_and_no_append()
    {
        const int size = 10_000;
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        var bob = await TestUser.RegisterAsync(cluster, "bob");
        var crowd = Enumerable.Range(0, size - 2).Select(i => $"{ann.Id}-{i}").ToArray();
        await AddUsersAsync(crowd);
        var group = await ann.CreateGroupAsync(bob);
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        Assert.Equal(MessageTypes.Membership, (await annsDevice.NextMessageAsync()).Type); // else who comes before it has its seq is told of it, by an append
        foreach (var chunk in crowd.Chunk(Limits.MembersPerRequest))
            await ann.CallAsync(HttpMethod.Post, $"api/groups/{group.GroupId}/members", new { userIds = chunk });
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        await Eventually.TrueAsync(async () => await NumberAsync(
            $"SELECT COUNT(*) FROM members WHERE conversation_id = '{group.ConversationId}' AND left_seq = 0") == size);
        var ack = await annsDevice.SendInAsync(group.ConversationId, "hello, all of you");

        Assert.Equal(["hello, all of you"], await bobsDevice.TextsAsync(group.ConversationId, 1));
        // What tells of the new members may still be on its way.
        Assert.Equal(1, await NumberAsync($"SELECT COUNT(*) FROM messages WHERE conversation_id = '{group.ConversationId}' AND type = 'text'"));
        Assert.Equal(2, await NumberAsync($"SELECT fan_out FROM messages WHERE conversation_id = '{group.ConversationId}' AND seq = {ack.Seq}"));
        Assert.Empty(await InboxKeysAsync($"{ann.Id}-"));
    }

    private async Task AddUsersAsync(IEnumerable<string> userIds)
    {
        await using var sql = await ConnectAsync();
        foreach (var chunk in userIds.Chunk(1_000))
        {
            await using var command = new MySqlCommand(
                $"INSERT INTO users (user_id, display_name, password_hash, created_at) VALUES {string.Join(',', chunk.Select(id => $"('{id}', '{id}', '', 0)"))}", sql);
            await command.ExecuteNonQueryAsync();
        }
    }

    private async Task<long> NumberAsync(string query)
    {
        await using var sql = await ConnectAsync();
        await using var command = new MySqlCommand(query, sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), CultureInfo.InvariantCulture);
    }

    private async Task<MySqlConnection> ConnectAsync()
    {
        var sql = new MySqlConnection(GoDsn.ToConnectionString(cluster.MySqlDsn));
        await sql.OpenAsync();
        return sql;
    }

    /// <summary>Keys of inboxes of users whose id begins so.</summary>
    private async Task<List<string>> InboxKeysAsync(string prefix)
    {
        await using var redis = await ConnectionMultiplexer.ConnectAsync(cluster.RedisHost);
        var keys = new List<string>();
        await foreach (var key in redis.GetServers().Single().KeysAsync(pattern: $"*inbox-{prefix}*"))
            keys.Add(key!);
        return keys;
    }
}
