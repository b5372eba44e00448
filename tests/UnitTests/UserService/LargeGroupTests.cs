using ImDapr.Contracts;
using ImDapr.UserService.Groups;

namespace ImDapr.UnitTests.UserService;

public sealed class LargeGroupTests
{
    private static readonly CancellationToken Token = CancellationToken.None;

    // The longest ids and the longest name: what an answer or an event may weigh.
    [Fact]
    public async Task A_group_grows_to_its_limit_in_steps_of_a_request_and_no_further()
    {
        var userIds = Enumerable.Range(0, Limits.GroupMembers + 1).Select(i => $"u{i}".PadRight(Limits.IdLength, 'x')).ToArray();
        var (owner, outsider) = (userIds[0], userIds[^1]);
        await using var system = await RelationSystem.StartAsync();
        await system.AddUsersAsync(userIds);

        var steps = userIds[1..^1].Chunk(Limits.MembersPerRequest).ToArray();
        var groupId = await system.GroupChanges.CreateAsync(new string('语', Limits.DisplayNameLength), owner, steps[0], Token);
        foreach (var step in steps[1..])
            Assert.Null((await AddAsync(system, groupId, owner, step)).Refusal);
        var refused = await AddAsync(system, groupId, owner, [outsider]);

        Assert.Equal(ErrorCodes.Conflict, refused.Refusal?.Code);
        var group = (await system.Groups.FindAsync(groupId, Token))!;
        Assert.Equal(userIds[..^1].Order(), group.Members.Select(member => member.UserId).Order());
        Assert.Equal((owner, steps.Length), (group.Members.Single(member => member.Role == Roles.Owner).UserId, group.Version));
    }

    private static async Task<ImDapr.UserService.Relations.Proposal> AddAsync(RelationSystem system, string groupId, string actorId, string[] userIds)
    {
        var invitation = await system.GroupChanges.InvitationAsync(actorId, userIds, Roles.Member, Token);
        return await system.GroupChanges.ApplyAsync(
            groupId, actorId, userIds, group => GroupRules.Add(group, actorId, invitation, Limits.GroupMembers), Token);
    }
}
