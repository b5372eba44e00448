using ImDapr.LocalDapr.Actors;

namespace ImDapr.UnitTests.LocalDapr.Actors;

public sealed class ActorPlacementTests
{
    private static readonly string[] Ids = [.. Enumerable.Range(0, 10_000).Select(number => $"user{number}")];

    [Fact]
    public void A_host_that_joins_takes_its_share_and_nothing_else_moves()
    {
        var before = Owners(0, 1, 2);
        var after = Owners(0, 1, 2, 3);
        var moved = Ids.Where((_, index) => before[index] != after[index]).Count();

        Assert.All(Ids.Select((_, index) => index).Where(index => before[index] != after[index]), index => Assert.Equal(3, after[index]));
        Assert.InRange(moved, 2_300, 2_700);
    }

    [Fact]
    public void Only_the_actors_of_a_host_that_leaves_move()
    {
        var before = Owners(0, 1, 2);
        var after = Owners(0, 2);

        Assert.All(Ids.Select((_, index) => index).Where(index => before[index] != 1), index => Assert.Equal(before[index], after[index]));
    }

    [Fact]
    public void Actors_are_spread_evenly() => Assert.All(Owners(0, 1).CountBy(owner => owner), share => Assert.InRange(share.Value, 4_700, 5_300));

    [Fact]
    public void Without_hosts_nobody_owns_anything() => Assert.Equal(-1, ActorPlacement.Owner([], "ann"));

    private static int[] Owners(params int[] slots) => [.. Ids.Select(id => slots[ActorPlacement.Owner(slots, id)])];
}
