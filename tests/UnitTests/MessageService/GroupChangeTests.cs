using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;

namespace ImDapr.UnitTests.MessageService;

public sealed class GroupChangeTests
{
    [Fact]
    public void A_new_member_sees_what_comes_after_the_head()
    {
        var change = GroupChange.Between(Group("ann", "bob"), Rows(Row("ann")), head: 7);

        var added = Assert.Single(change.Added);
        Assert.Equal(("bob", 8L, 0L), (added.UserId, added.JoinSeq, added.LeftSeq));
        Assert.Empty(change.Decided);
    }

    [Fact]
    public void Who_is_gone_sees_nothing_beyond_the_head()
    {
        var change = GroupChange.Between(Group("ann"), Rows(Row("ann"), Row("bob")), head: 7);

        Assert.Equal(("bob", 8L), (Assert.Single(change.Decided).UserId, change.Decided[0].LeftSeq));
    }

    [Fact]
    public void Who_comes_back_does_not_see_what_was_said_in_between()
    {
        var change = GroupChange.Between(Group("bob"), Rows(Row("bob") with { LeftSeq = 5 }), head: 9);

        Assert.Equal((10L, 0L), (Assert.Single(change.Decided).JoinSeq, change.Decided[0].LeftSeq));
    }

    [Fact]
    public void Who_was_gone_for_a_moment_does_not_see_what_was_said_in_between()
    {
        var group = new Group("x", "g:x", "x", 3, [new GroupMember("bob", Roles.Member, JoinedVersion: 3)]);

        var change = GroupChange.Between(group, Rows(Row("bob")), head: 9);

        Assert.Equal((10L, "bob"), (Assert.Single(change.Decided).JoinSeq, Assert.Single(change.Joined)));
    }

    [Fact]
    public void Nothing_changes_when_members_are_equal()
    {
        var change = GroupChange.Between(Group("ann"), Rows(Row("ann")), head: 7);

        Assert.Empty(change.Added);
        Assert.Empty(change.Decided);
    }

    private static Group Group(params string[] members) =>
        new("x", "g:x", "x", 3, [.. members.Select(id => new GroupMember(id, Roles.Member))]);

    private static Dictionary<string, Membership> Rows(params Membership[] rows) => rows.ToDictionary(row => row.UserId);

    private static Membership Row(string userId) => new(userId, "g:x", Roles.Member, 1, 0, 0, 0, 1);
}
