using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using ImDapr.ConnectionService.Delivery;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class PushOrderTests
{
    private const long Now = 1_800_000_000_000;
    private readonly PushOrder _order = new();

    [Fact]
    public void What_comes_in_order_goes_at_once()
    {
        _order.Synced(4, "e1");

        Assert.Equal([5, 6], Take(5, 6));
        Assert.Equal([7], Take(7));
        Assert.Equal(0, _order.HeldSince);
    }

    [Fact]
    public void What_has_overtaken_something_waits_for_it()
    {
        _order.Synced(4, "e1");

        Assert.Equal([5], Take(5, 8));
        Assert.Equal(Now, _order.HeldSince);
        Assert.Equal([6, 7, 8, 9], Take(6, 7, 9));
        Assert.Equal(0, _order.HeldSince);
    }

    [Fact]
    public void What_never_comes_leaves_a_hole_and_the_order_goes_on_behind_it()
    {
        _order.Synced(4, "e1");
        Assert.Empty(Take(6));

        Assert.Equal([6], _order.TakeAll().Select(entry => entry.Position));
        Assert.Equal(0, _order.HeldSince);
        Assert.Equal([7], Take(7));
    }

    [Fact]
    public void Repeats_and_what_comes_late_go_at_once()
    {
        _order.Synced(10, "e1");

        Assert.Equal([3, 4], Take(3, 4));
        Assert.Equal([11], Take(11));
    }

    [Fact]
    public void Before_the_first_sync_the_first_push_begins_the_order()
    {
        Assert.Equal([7], Take(7, 9));
        Assert.Equal([8, 9], Take(8));
    }

    [Fact]
    public void What_was_pushed_while_a_sync_was_answered_is_not_waited_for()
    {
        _order.Synced(10, "e1");
        Assert.Equal([11, 12], Take(11, 12));

        _order.Synced(11, "e1");

        Assert.Equal([13], Take(13));
    }

    [Fact]
    public void Positions_of_another_epoch_are_taken_as_the_sync_says()
    {
        _order.Synced(1_000, "e1");

        _order.Synced(2, "e2");

        Assert.Equal([3], Take(3));
    }

    [Fact]
    public void No_more_waits_than_some_hundred_entries()
    {
        _order.Synced(0, "e1");

        var taken = Take([.. Enumerable.Range(2, 600).Select(position => (long)position)]);

        Assert.Equal(Enumerable.Range(2, 600).Select(position => (long)position).Take(taken.Count), taken);
        Assert.True(taken.Count >= 100);
    }

    [Property]
    public Property However_events_overtake_each_other_a_connection_is_written_to_in_order() => Prop.ForAll(
        Arb.From(Gen.Shuffle(Enumerable.Range(1, 60).ToArray())),
        positions =>
        {
            var order = new PushOrder();
            order.Synced(0, "e1");
            var written = positions.SelectMany(position => order.Take([Entry(position)], Now)).Select(entry => (int)entry.Position).ToList();
            return written.SequenceEqual(Enumerable.Range(1, 60)) && order.HeldSince == 0;
        });

    private List<long> Take(params long[] positions) => [.. _order.Take([.. positions.Select(Entry)], Now).Select(entry => entry.Position)];

    private static InboxEntry Entry(long position) =>
        new(position, new Message("g:one", position, "ann", "d1", $"{position}", MessageTypes.Text, JsonElement.Parse("{}"), null, null, 0));

    private static InboxEntry Entry(int position) => Entry((long)position);
}
