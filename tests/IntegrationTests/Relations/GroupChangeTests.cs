using System.Net;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Relations;

public abstract class GroupChangeTests(Cluster cluster)
{
    [Fact]
    public async Task The_owner_hands_the_group_over_and_may_leave()
    {
        var (ann, bob, carl) = await ThreeAsync();
        var group = await CreateAsync(ann, bob, carl);

        Assert.Equal((HttpStatusCode.Conflict, ErrorCodes.Conflict), await RefusedAsync(ann, HttpMethod.Delete, Member(group, ann)));
        Assert.Equal((HttpStatusCode.Forbidden, ErrorCodes.Forbidden), await RefusedAsync(bob, HttpMethod.Put, Member(group, carl), new MemberUpdate(Roles.Owner)));
        await ann.CallAsync(HttpMethod.Put, Member(group, bob), new MemberUpdate(Roles.Owner));
        await ann.CallAsync(HttpMethod.Put, Member(group, bob), new MemberUpdate(Roles.Owner));
        var handedOver = await RolesAsync(carl, group);
        await ann.CallAsync(HttpMethod.Delete, Member(group, ann));

        Assert.Equal([(ann.Id, Roles.Admin), (bob.Id, Roles.Owner), (carl.Id, Roles.Member)], handedOver);
        Assert.Equal([(bob.Id, Roles.Owner), (carl.Id, Roles.Member)], await RolesAsync(carl, group));
        Assert.Equal((HttpStatusCode.NotFound, ErrorCodes.NotFound), await RefusedAsync(ann, HttpMethod.Get, $"api/groups/{group.GroupId}"));
    }

    [Fact]
    public async Task Roles_are_given_and_taken()
    {
        var (ann, bob, carl) = await ThreeAsync();
        var group = await CreateAsync(ann, bob, carl);

        await ann.CallAsync(HttpMethod.Put, Member(group, bob), new MemberUpdate(Roles.Admin));
        await bob.CallAsync(HttpMethod.Patch, $"api/groups/{group.GroupId}", new GroupUpdate("by an admin"));
        Assert.Equal((HttpStatusCode.Forbidden, ErrorCodes.Forbidden), await RefusedAsync(bob, HttpMethod.Delete, Member(group, ann)));
        await ann.CallAsync(HttpMethod.Put, Member(group, bob), new MemberUpdate(Roles.Member));

        Assert.Equal((HttpStatusCode.Forbidden, ErrorCodes.Forbidden), await RefusedAsync(bob, HttpMethod.Delete, Member(group, carl)));
        Assert.Equal("by an admin", (await carl.CallAsync<Group>(HttpMethod.Get, $"api/groups/{group.GroupId}")).Name);
    }

    [Fact]
    public async Task Several_are_added_at_once_in_one_version_and_told_in_one_message()
    {
        var (ann, bob, carl) = await ThreeAsync();
        var dora = await TestUser.RegisterAsync(cluster, "dora");
        var group = await CreateAsync(ann, bob);
        await using var annsDevice = await ann.ConnectAsync();

        var added = await ann.CallAsync<MembersAdded>(HttpMethod.Post, Members(group), new AddMembersRequest([bob.Id, carl.Id, dora.Id, carl.Id]));
        var again = await ann.CallAsync<MembersAdded>(HttpMethod.Post, Members(group), new AddMembersRequest([bob.Id, carl.Id]));

        Assert.Equal([carl.Id, dora.Id], added.UserIds);
        Assert.Empty(again.UserIds);
        Assert.Equal(2, (await ann.CallAsync<Group>(HttpMethod.Get, $"api/groups/{group.GroupId}")).Version);
        var message = await MembershipAsync(annsDevice, RelationActions.Added);
        Assert.Equal([carl.Id, dora.Id], message.Body.GetProperty("userIds").EnumerateArray().Select(id => id.GetString()!));
    }

    [Fact]
    public async Task Members_invite_when_the_group_lets_them()
    {
        var (ann, bob, carl) = await ThreeAsync();
        var group = await CreateAsync(ann, bob);

        Assert.Equal((HttpStatusCode.Forbidden, ErrorCodes.Forbidden), await RefusedAsync(bob, HttpMethod.Post, Members(group), new AddMembersRequest([carl.Id])));
        Assert.Equal(
            (HttpStatusCode.Forbidden, ErrorCodes.Forbidden),
            await RefusedAsync(bob, HttpMethod.Patch, $"api/groups/{group.GroupId}", new GroupUpdate(null, InvitePolicies.Members)));
        var changed = await ann.CallAsync<Group>(HttpMethod.Patch, $"api/groups/{group.GroupId}", new GroupUpdate(null, InvitePolicies.Members));
        await bob.CallAsync(HttpMethod.Put, Member(group, carl));

        Assert.Equal(("team", InvitePolicies.Members), (changed.Name, changed.Invite));
        Assert.Contains((carl.Id, Roles.Member), await RolesAsync(carl, group));
    }

    [Fact]
    public async Task Nobody_is_brought_into_a_group_by_whom_one_has_blocked()
    {
        var (ann, bob, carl) = await ThreeAsync();
        await carl.CallAsync(HttpMethod.Put, $"api/blocks/{ann.Id}");
        var group = await CreateAsync(ann, bob);
        var blocked = (HttpStatusCode.Forbidden, ErrorCodes.Blocked);

        Assert.Equal(blocked, await RefusedAsync(ann, HttpMethod.Post, Members(group), new AddMembersRequest([carl.Id])));
        Assert.Equal(blocked, await RefusedAsync(ann, HttpMethod.Put, Member(group, carl)));
        Assert.Equal(blocked, await RefusedAsync(ann, HttpMethod.Post, "api/groups", new CreateGroupRequest("other", [carl.Id])));

        Assert.Equal(2, (await RolesAsync(ann, group)).Length);
    }

    [Fact]
    public async Task Who_left_may_come_back_and_sees_nothing_of_the_time_between()
    {
        var (ann, bob, _) = await ThreeAsync();
        var group = await CreateAsync(ann, bob);
        await using var annsDevice = await ann.ConnectAsync();
        await bob.CallAsync(HttpMethod.Delete, Member(group, bob));
        await using (var gone = await bob.ConnectAsync())
            await Eventually.TrueAsync(async () => (await gone.ConversationsAsync()).Length == 0);
        await annsDevice.SendInAsync(group.ConversationId, "between");

        await ann.CallAsync(HttpMethod.Put, Member(group, bob));
        await MembershipAsync(annsDevice, RelationActions.Added);
        await annsDevice.SendInAsync(group.ConversationId, "after");
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);

        Assert.Equal(["after"], await TextsUntilAsync(bobsDevice, "after"));
    }

    [Fact]
    public async Task A_dissolved_group_is_gone_for_everybody()
    {
        var (ann, bob, carl) = await ThreeAsync();
        var group = await CreateAsync(ann, bob);
        var gone = (HttpStatusCode.NotFound, ErrorCodes.NotFound);

        Assert.Equal((HttpStatusCode.Forbidden, ErrorCodes.Forbidden), await RefusedAsync(bob, HttpMethod.Delete, $"api/groups/{group.GroupId}"));
        await ann.CallAsync(HttpMethod.Delete, $"api/groups/{group.GroupId}");

        Assert.Equal(gone, await RefusedAsync(ann, HttpMethod.Get, $"api/groups/{group.GroupId}"));
        Assert.Equal(gone, await RefusedAsync(ann, HttpMethod.Delete, $"api/groups/{group.GroupId}"));
        Assert.Equal(gone, await RefusedAsync(ann, HttpMethod.Put, Member(group, carl)));
        Assert.Equal(gone, await RefusedAsync(bob, HttpMethod.Delete, Member(group, bob)));
        Assert.Empty(await bob.CallAsync<GroupName[]>(HttpMethod.Get, "api/groups"));
    }

    [Fact]
    public async Task Bad_input_is_refused_with_its_code_and_nothing_is_stored()
    {
        var (ann, bob, carl) = await ThreeAsync();
        var group = await CreateAsync(ann, bob);
        var (invalid, missing) = ((HttpStatusCode.BadRequest, ErrorCodes.InvalidArgument), (HttpStatusCode.NotFound, ErrorCodes.NotFound));
        var tooMany = Enumerable.Range(0, Limits.MembersPerRequest + 1).Select(i => $"user{i}").ToArray();

        Assert.Equal(invalid, await RefusedAsync(ann, HttpMethod.Post, Members(group), new AddMembersRequest(null)));
        Assert.Equal(invalid, await RefusedAsync(ann, HttpMethod.Post, Members(group), new AddMembersRequest(["a'b"])));
        Assert.Equal(invalid, await RefusedAsync(ann, HttpMethod.Post, Members(group), new AddMembersRequest(tooMany)));
        Assert.Equal(invalid, await RefusedAsync(ann, HttpMethod.Post, Members(group), new { userIds = "bob" }));
        Assert.Equal(invalid, await RefusedAsync(ann, HttpMethod.Put, Member(group, bob), new MemberUpdate("king")));
        Assert.Equal(invalid, await RefusedAsync(ann, HttpMethod.Patch, $"api/groups/{group.GroupId}", new GroupUpdate("new name", "nobody")));
        Assert.Equal(missing, await RefusedAsync(ann, HttpMethod.Post, Members(group), new AddMembersRequest([carl.Id, "nobody-at-all"])));
        Assert.Equal(missing, await RefusedAsync(carl, HttpMethod.Post, Members(group), new AddMembersRequest([carl.Id])));
        Assert.Equal(missing, await RefusedAsync(ann, HttpMethod.Get, "api/groups/ünïcödé"));
        Assert.Equal((HttpStatusCode.Conflict, ErrorCodes.Conflict), await RefusedAsync(ann, HttpMethod.Put, Member(group, carl), new MemberUpdate(Roles.Owner)));

        var after = await ann.CallAsync<Group>(HttpMethod.Get, $"api/groups/{group.GroupId}");
        Assert.Equal(("team", 1, 2, InvitePolicies.Admins), (after.Name, after.Version, after.Members.Length, after.Invite));
    }

    private async Task<(TestUser Ann, TestUser Bob, TestUser Carl)> ThreeAsync() =>
        (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"), await TestUser.RegisterAsync(cluster, "carl"));

    private static Task<GroupCreated> CreateAsync(TestUser owner, params TestUser[] others) =>
        owner.CallAsync<GroupCreated>(HttpMethod.Post, "api/groups", new CreateGroupRequest("team", [.. others.Select(other => other.Id)]));

    private static string Members(GroupCreated group) => $"api/groups/{group.GroupId}/members";

    private static string Member(GroupCreated group, TestUser user) => $"{Members(group)}/{user.Id}";

    private static async Task<(string UserId, string Role)[]> RolesAsync(TestUser user, GroupCreated group)
    {
        var found = await user.CallAsync<Group>(HttpMethod.Get, $"api/groups/{group.GroupId}");
        return [.. found.Members.Select(member => (member.UserId, member.Role)).Order()];
    }

    private static async Task<Message> MembershipAsync(ImClient device, string action)
    {
        while (true)
        {
            var message = await device.NextMessageAsync();
            if (message.Type == MessageTypes.Membership && message.Body.GetProperty("action").GetString() == action)
                return message;
        }
    }

    private static async Task<List<string>> TextsUntilAsync(ImClient device, string last)
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

    private static async Task<(HttpStatusCode, string?)> RefusedAsync(TestUser user, HttpMethod method, string path, object? body = null)
    {
        var (status, problem) = await user.RefusedAsync(method, path, body);
        return (status, problem.Code);
    }
}
