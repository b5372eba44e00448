using ImDapr.Contracts;
using ImDapr.UserService.Groups;
using ImDapr.UserService.Relations;

namespace ImDapr.UnitTests.UserService;

public sealed class GroupRulesTests
{
    private static readonly GroupView Team = new(
        "x", "team", InvitePolicies.Admins, 7, MemberCount: 4,
        new Dictionary<string, string> { ["owner"] = Roles.Owner, ["admin"] = Roles.Admin, ["admin2"] = Roles.Admin, ["member"] = Roles.Member });

    [Theory]
    [InlineData("owner", true)]
    [InlineData("admin", true)]
    [InlineData("member", false)]
    public void Owner_and_admins_rename_and_decide_who_invites(string actor, bool allowed)
    {
        AssertAllowed(allowed, GroupRules.Rename(Team, actor, "crew"), RelationActions.Renamed);
        AssertAllowed(allowed, GroupRules.SetInvite(Team, actor, InvitePolicies.Members), RelationActions.Settings);
    }

    [Fact]
    public void A_change_is_the_next_version_and_says_everything_needed_to_carry_it_out() =>
        Assert.Equivalent(
            new RelationChanged(RelationKinds.Group, "x", 8, RelationActions.Renamed, "owner", [], "crew"), GroupRules.Rename(Team, "owner", "crew").Change, strict: true);

    [Fact]
    public void What_is_so_already_is_no_change()
    {
        Assert.Equal(Proposal.Nothing, GroupRules.Rename(Team, "owner", "team"));
        Assert.Equal(Proposal.Nothing, GroupRules.SetInvite(Team, "owner", InvitePolicies.Admins));
        Assert.Equal(Proposal.Nothing, GroupRules.SetRole(Team, "owner", "admin", Roles.Admin));
        Assert.Equal(Proposal.Nothing, GroupRules.SetRole(Team, "owner", "owner", Roles.Owner));
        Assert.Equal(Proposal.Nothing, GroupRules.Remove(Team, "owner", "stranger"));
        Assert.Equal(Proposal.Nothing, GroupRules.Add(Team, "owner", Inviting("member"), 100));
    }

    [Theory]
    [InlineData("owner", true)]
    [InlineData("admin", false)]
    [InlineData("member", false)]
    public void Only_the_owner_dissolves_gives_roles_and_hands_over(string actor, bool allowed)
    {
        AssertAllowed(allowed, GroupRules.Dissolve(Team, actor), RelationActions.Dissolved);
        AssertAllowed(allowed, GroupRules.SetRole(Team, actor, "member", Roles.Admin), RelationActions.Role);
        AssertAllowed(allowed, GroupRules.SetRole(Team, actor, "admin2", Roles.Member), RelationActions.Role);
        AssertAllowed(allowed, GroupRules.SetRole(Team, actor, "member", Roles.Owner), RelationActions.Transferred);
        AssertAllowed(allowed, GroupRules.Add(Team, actor, Inviting("carl") with { Role = Roles.Admin }, 100), RelationActions.Added);
    }

    [Fact]
    public void The_owner_stays_until_a_member_becomes_it()
    {
        AssertRefused(ErrorCodes.Conflict, GroupRules.SetRole(Team, "owner", "owner", Roles.Member));
        AssertRefused(ErrorCodes.Conflict, GroupRules.SetRole(Team, "owner", "stranger", Roles.Owner));
        AssertRefused(ErrorCodes.Conflict, GroupRules.Remove(Team, "owner", "owner"));
        AssertRefused(ErrorCodes.Forbidden, GroupRules.SetRole(Team, "admin", "owner", Roles.Member));
        AssertRefused(ErrorCodes.Forbidden, GroupRules.Remove(Team, "admin", "owner"));
    }

    [Theory]
    [InlineData("owner", "admin", true)]
    [InlineData("owner", "member", true)]
    [InlineData("admin", "member", true)]
    [InlineData("admin", "admin2", false)]
    [InlineData("member", "admin", false)]
    public void The_owner_removes_anybody_and_admins_remove_members(string actor, string target, bool allowed) =>
        AssertAllowed(allowed, GroupRules.Remove(Team, actor, target), RelationActions.Removed);

    [Theory]
    [InlineData("admin")]
    [InlineData("member")]
    public void Everybody_else_may_leave(string actor) => AssertAllowed(true, GroupRules.Remove(Team, actor, actor), RelationActions.Left);

    [Fact]
    public void Members_invite_only_where_the_group_says_so()
    {
        AssertRefused(ErrorCodes.Forbidden, GroupRules.Add(Team, "member", Inviting("carl"), 100));
        AssertAllowed(true, GroupRules.Add(Team with { Invite = InvitePolicies.Members }, "member", Inviting("carl"), 100), RelationActions.Added);
    }

    [Fact]
    public void Only_those_who_were_no_members_are_added() =>
        Assert.Equal(["carl", "dora"], GroupRules.Add(Team, "owner", Inviting("carl", "member", "dora"), 6).Change!.UserIds);

    [Fact]
    public void A_full_group_takes_nobody_of_a_request() =>
        AssertRefused(ErrorCodes.Conflict, GroupRules.Add(Team, "owner", Inviting("carl", "dora"), 5));

    [Fact]
    public void Whoever_does_not_exist_or_has_blocked_the_inviter_is_not_added()
    {
        AssertRefused(ErrorCodes.NotFound, GroupRules.Add(Team, "owner", Inviting("carl") with { Unknown = new HashSet<string> { "carl" } }, 100));
        AssertRefused(ErrorCodes.Blocked, GroupRules.Add(Team, "owner", Inviting("carl") with { Blockers = new HashSet<string> { "carl" } }, 100));
    }

    [Fact]
    public void Rights_are_judged_before_the_invited_are_looked_at() =>
        AssertRefused(ErrorCodes.Forbidden, GroupRules.Add(Team, "member", Inviting("carl") with { Unknown = new HashSet<string> { "carl" } }, 100));

    private static Invitation Inviting(params string[] userIds) => new(userIds, Roles.Member, new HashSet<string>(), new HashSet<string>());

    private static void AssertAllowed(bool allowed, Proposal proposal, string action)
    {
        Assert.Equal(allowed ? null : ErrorCodes.Forbidden, proposal.Refusal?.Code);
        Assert.Equal(allowed ? action : null, proposal.Change?.Action);
    }

    private static void AssertRefused(string code, Proposal proposal) => Assert.Equal((code, null), (proposal.Refusal?.Code, proposal.Change));
}
