using ImDapr.Contracts;
using ImDapr.UserService.Groups;
using ImDapr.UserService.Relations;

namespace ImDapr.UnitTests.UserService;

/// <summary>A process may die after any statement: what was claimed is carried out and told all the same, once in effect.</summary>
public sealed class RelationOutboxTests
{
    private static readonly CancellationToken Token = CancellationToken.None;

    [Fact]
    public async Task A_change_is_carried_out_and_told()
    {
        await using var system = await RelationSystem.StartAsync("ann", "bob", "carl");

        var groupId = await system.GroupChanges.CreateAsync("team", "ann", ["bob", "carl"], Token);

        var group = await system.Groups.FindAsync(groupId, Token);
        Assert.Equal([("ann", Roles.Owner), ("bob", Roles.Member), ("carl", Roles.Member)], group!.Members.Select(member => (member.UserId, member.Role)));
        var told = await ToldAsync(system, 1);
        Assert.Equivalent(new RelationChanged(RelationKinds.Group, groupId, 1, RelationActions.Created, "ann", ["ann", "bob", "carl"]), told[0], strict: true);
    }

    [Fact]
    public async Task What_a_dead_process_claimed_is_carried_out_before_the_next_change()
    {
        await using var system = await RelationSystem.StartAsync("ann", "bob", "carl");
        var groupId = await system.GroupChanges.CreateAsync("team", "ann", ["bob"], Token);
        await ClaimOnlyAsync(system, group => GroupRules.Remove(group, "ann", "bob"), groupId);

        var done = await AddAsync(system, groupId, "carl");

        Assert.Equal(3, done.Change!.Version);
        Assert.Equal(["ann", "carl"], (await system.Groups.FindAsync(groupId, Token))!.Members.Select(member => member.UserId));
    }

    [Fact]
    public async Task What_a_dead_process_claimed_is_carried_out_and_told_by_whoever_finds_it()
    {
        await using var system = await RelationSystem.StartAsync("ann", "bob");
        var groupId = await system.GroupChanges.CreateAsync("team", "ann", ["bob"], Token);
        await ClaimOnlyAsync(system, group => GroupRules.Remove(group, "ann", "bob"), groupId);

        await system.FinishAsync();
        var told = await ToldAsync(system, 2);

        Assert.Equal((2, RelationActions.Removed), (told[1].Version, told[1].Action));
        Assert.Equal(["ann"], (await system.Groups.FindAsync(groupId, Token))!.Members.Select(member => member.UserId));
    }

    [Fact]
    public async Task A_change_that_comes_late_undoes_no_newer_one()
    {
        await using var system = await RelationSystem.StartAsync("ann", "bob");
        var groupId = await system.GroupChanges.CreateAsync("team", "ann", [], Token);
        var added = (await AddAsync(system, groupId, "bob")).Change!;
        var removed = (await system.GroupChanges.ApplyAsync(groupId, "ann", ["bob"], group => GroupRules.Remove(group, "ann", "bob"), Token)).Change!;

        await system.Groups.CarryOutAsync(added, Token);

        Assert.Equal(["ann"], (await system.Groups.FindAsync(groupId, Token))!.Members.Select(member => member.UserId));
        Assert.Equal(removed.Version, (await system.Groups.FindAsync(groupId, Token))!.Version);
    }

    [Fact]
    public async Task A_member_says_which_version_added_it()
    {
        await using var system = await RelationSystem.StartAsync("ann", "bob");
        var groupId = await system.GroupChanges.CreateAsync("team", "ann", ["bob"], Token);
        await system.GroupChanges.ApplyAsync(groupId, "ann", ["bob"], group => GroupRules.Remove(group, "ann", "bob"), Token);
        await AddAsync(system, groupId, "bob");

        var members = (await system.Groups.FindAsync(groupId, Token))!.Members;

        Assert.Equal([("ann", 1L), ("bob", 3L)], members.Select(member => (member.UserId, member.JoinedVersion!.Value)).Order());
    }

    [Fact]
    public async Task A_group_handed_over_by_several_at_once_has_one_owner()
    {
        string[] others = ["bob", "carl", "dora", "emil"];
        await using var system = await RelationSystem.StartAsync(["ann", .. others]);
        var groupId = await system.GroupChanges.CreateAsync("team", "ann", others, Token);

        var done = await Task.WhenAll(others.Select(other => system.GroupChanges.ApplyAsync(
            groupId, "ann", [other], group => GroupRules.SetRole(group, "ann", other, Roles.Owner), Token)));

        var winner = Assert.Single(done, proposal => proposal.Change is not null && proposal.Refusal is null).Change!.UserIds[0];
        var members = (await system.Groups.FindAsync(groupId, Token))!.Members;
        Assert.Equal([winner], members.Where(member => member.Role == Roles.Owner).Select(member => member.UserId));
        Assert.Equal(["ann"], members.Where(member => member.Role == Roles.Admin).Select(member => member.UserId));
    }

    [Fact]
    public async Task Many_who_join_at_once_all_join_and_no_version_is_told_twice_with_another_meaning()
    {
        var others = Enumerable.Range(0, 20).Select(i => $"user{i}").ToArray();
        await using var system = await RelationSystem.StartAsync(["ann", .. others]);
        var groupId = await system.GroupChanges.CreateAsync("team", "ann", [], Token);

        await Task.WhenAll(others.Select(other => AddAsync(system, groupId, other)));

        Assert.Equal(1 + others.Length, (await system.Groups.FindAsync(groupId, Token))!.Members.Length);
        var told = await ToldAsync(system, 1 + others.Length);
        Assert.Equal(Enumerable.Range(1, 1 + others.Length).Select(i => (long)i), told.Select(change => change.Version).Order());
    }

    [Fact]
    public async Task Two_who_ask_each_other_at_once_are_contacts()
    {
        await using var system = await RelationSystem.StartAsync("ann", "bob");

        await Task.WhenAll(system.ContactChanges.AskAsync("ann", "bob", null, Token), system.ContactChanges.AskAsync("bob", "ann", null, Token));

        Assert.Equal(ContactStates.Accepted, (await system.Contacts.FindAsync("ann", "bob", Token)).SeenBy("ann"));
        Assert.Equal([RelationActions.Requested, RelationActions.Accepted], await system.ActionsAsync("ann:bob", 2));
    }

    private static Task<Proposal> AddAsync(RelationSystem system, string groupId, string userId)
    {
        var invitation = new Invitation([userId], Roles.Member, new HashSet<string>(), new HashSet<string>());
        return system.GroupChanges.ApplyAsync(groupId, "ann", [userId], group => GroupRules.Add(group, "ann", invitation, 100), Token);
    }

    private static async Task ClaimOnlyAsync(RelationSystem system, Func<GroupView, Proposal> judge, string groupId)
    {
        var group = await system.Groups.ViewAsync(groupId, ["ann", "bob"], Token);
        Assert.True(await system.Groups.ClaimAsync(judge(group!).Change!, Token));
    }

    private static async Task<RelationChanged[]> ToldAsync(RelationSystem system, int count)
    {
        await RelationSystem.UntilAsync(() => Task.FromResult(system.Told.Count >= count));
        return [.. system.Told];
    }
}
