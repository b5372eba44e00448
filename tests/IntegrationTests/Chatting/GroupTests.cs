using System.Net;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Chatting;

public abstract class GroupTests(Cluster cluster)
{
    [Fact]
    public async Task All_members_see_concurrent_messages_in_the_same_order()
    {
        const int each = 20;
        var members = await RegisterAsync("ann", "bob", "carl", "dora");
        var group = await CreateAsync(members);
        var devices = new List<ImClient>();
        foreach (var (member, i) in members.Select((member, i) => (member, i)))
            devices.Add(await member.ConnectAsync(instance: i));

        await Task.WhenAll(devices.SelectMany(device => Enumerable.Range(0, each).Select(i => device.SendInAsync(group.ConversationId, $"{device.UserId} {i}"))));
        var orders = new List<string[]>();
        foreach (var device in devices)
            orders.Add([.. (await TextsAsync(device, group.ConversationId, each * members.Length))]);
        foreach (var device in devices)
            await device.DisposeAsync();

        Assert.All(orders, order => Assert.Equal(orders[0], order));
        Assert.Equal(each * members.Length, orders[0].Distinct().Count());
    }

    [Fact]
    public async Task A_later_member_sees_only_what_was_sent_after_joining()
    {
        var members = await RegisterAsync("ann", "bob", "carl");
        var group = await CreateAsync(members[..2]);
        await using var ann = await members[0].ConnectAsync(instance: 0);
        await ann.SendInAsync(group.ConversationId, "before");
        await members[0].CallAsync(HttpMethod.Put, $"api/groups/{group.GroupId}/members/{members[2].Id}");
        await using var carl = await members[2].ConnectAsync(instance: 1);

        await SendWhenMemberAsync(carl, group.ConversationId, "after");

        Assert.Equal(["after"], await TextsAsync(carl, group.ConversationId, 1));
        var history = await carl.HistoryAsync(group.ConversationId);
        Assert.DoesNotContain(history.Messages, message => message.Type == MessageTypes.Text && ImClient.TextOf(message) == "before");
        Assert.DoesNotContain((await carl.SyncAsync(0)).Entries, entry => entry.Message.Type == MessageTypes.Text && ImClient.TextOf(entry.Message) == "before");
    }

    [Fact]
    public async Task A_removed_member_is_not_a_member_and_receives_nothing_more()
    {
        var members = await RegisterAsync("ann", "bob", "carl");
        var group = await CreateAsync(members);
        await using var ann = await members[0].ConnectAsync(instance: 0);
        await using var bob = await members[1].ConnectAsync(instance: 1);
        await using var carl = await members[2].ConnectAsync(instance: 1);
        await ann.SendInAsync(group.ConversationId, "together");
        await TextsAsync(carl, group.ConversationId, 1);

        await members[0].CallAsync(HttpMethod.Delete, $"api/groups/{group.GroupId}/members/{members[2].Id}");
        await Eventually.TrueAsync(() => IsRefusedByAllAsync(carl, group.ConversationId));
        await ann.SendInAsync(group.ConversationId, "without carl");
        await TextsAsync(bob, group.ConversationId, 2);

        Assert.Equal(ErrorCodes.NotAMember, await carl.RefusedAsync("Send", Text(group.ConversationId, "let me in")));
        await ann.SendToAsync(members[2].Id, "sorry"); // comes after "without carl" in every inbox that got both
        var inbox = await UntilAsync(carl, "sorry");
        Assert.DoesNotContain("without carl", inbox);
    }

    [Fact]
    public async Task Only_owner_and_admins_change_the_members_and_strangers_see_no_group()
    {
        var members = await RegisterAsync("ann", "bob", "carl");
        var group = await CreateAsync(members[..2]);
        var bobsToken = (await members[1].LoginAsync()).AccessToken;
        var carlsToken = (await members[2].LoginAsync()).AccessToken;
        using var rest = members[0].Rest();

        var (byMember, _) = await rest.RefusedAsync(HttpMethod.Put, $"api/groups/{group.GroupId}/members/{members[2].Id}", null, bobsToken);
        var (byStranger, problem) = await rest.RefusedAsync(HttpMethod.Get, $"api/groups/{group.GroupId}", null, carlsToken);

        Assert.Equal(HttpStatusCode.Forbidden, byMember);
        Assert.Equal((HttpStatusCode.NotFound, ErrorCodes.NotFound), (byStranger, problem.Code));
        var seen = await members[0].CallAsync<Group>(HttpMethod.Get, $"api/groups/{group.GroupId}");
        Assert.Equal([(members[0].Id, Roles.Owner), (members[1].Id, Roles.Member)], seen.Members.Select(m => (m.UserId, m.Role)).Order());
    }

    private async Task<TestUser[]> RegisterAsync(params string[] names) => await Task.WhenAll(names.Select(name => TestUser.RegisterAsync(cluster, name)));

    private static Task<GroupCreated> CreateAsync(TestUser[] members) =>
        members[0].CallAsync<GroupCreated>(HttpMethod.Post, "api/groups", new CreateGroupRequest("team", [.. members[1..].Select(member => member.Id)]));

    private static SendMessage Text(string conversationId, string text) =>
        new(Guid.NewGuid().ToString("N"), null, conversationId, MessageTypes.Text, System.Text.Json.JsonSerializer.SerializeToElement(new { text }));

    // What others say about the group (who joined) is no text and passed over.
    private static async Task<List<string>> TextsAsync(ImClient device, string conversationId, int count)
    {
        var texts = new List<string>();
        while (texts.Count < count)
        {
            var message = await device.NextMessageAsync();
            if (message.ConversationId == conversationId && message.Type == MessageTypes.Text)
                texts.Add(ImClient.TextOf(message));
        }
        return texts;
    }

    private static async Task<List<string>> UntilAsync(ImClient device, string last)
    {
        var texts = new List<string>();
        while (texts.LastOrDefault() != last)
        {
            var message = await device.NextMessageAsync();
            if (message.Type == MessageTypes.Text)
                texts.Add(ImClient.TextOf(message));
        }
        return texts;
    }

    // Membership is cached for a moment; the change is on its way by im.relations.
    private static async Task SendWhenMemberAsync(ImClient device, string conversationId, string text)
    {
        var message = Text(conversationId, text);
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                await device.CallAsync<SendAck>("Send", message);
                return true;
            }
            catch (Microsoft.AspNetCore.SignalR.HubException e) when (e.Message.Contains(ErrorCodes.NotAMember, StringComparison.Ordinal))
            {
                return false;
            }
        });
    }

    // Instances are asked in turn, and each hears of the change by itself.
    private static async Task<bool> IsRefusedByAllAsync(ImClient device, string conversationId)
    {
        for (var calls = 0; calls < 4; calls++)
        {
            if (!await IsRefusedAsync(device, conversationId))
                return false;
        }
        return true;
    }

    private static async Task<bool> IsRefusedAsync(ImClient device, string conversationId)
    {
        try
        {
            await device.HistoryAsync(conversationId);
            return false;
        }
        catch (Microsoft.AspNetCore.SignalR.HubException e)
        {
            Assert.Contains(ErrorCodes.NotAMember, e.Message);
            return true;
        }
    }
}
