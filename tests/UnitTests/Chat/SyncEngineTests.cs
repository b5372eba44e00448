using ImDapr.Chat.Syncing;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.Chat;

public sealed class SyncEngineTests
{
    private const string Chat = "g:one";
    private readonly FakeInbox _inbox = new();
    private readonly FakeDevice _device;

    public SyncEngineTests() => _device = new(_inbox);

    [Fact]
    public void The_first_sync_shows_every_page_in_order()
    {
        for (var i = 0; i < 10; i++)
            _inbox.Append(Chat);

        _device.Connect();

        Assert.Equal([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], _device.ShownOf(Chat));
        Assert.Equal(4, _device.Syncs);
    }

    [Fact]
    public void A_push_that_fits_is_shown_without_a_call()
    {
        _inbox.Append(Chat);
        _device.Connect();
        var syncs = _device.Syncs;

        _device.Push(_inbox.Append(Chat), _inbox.Append(Chat));

        Assert.Equal([1, 2, 3], _device.ShownOf(Chat));
        Assert.Equal(syncs, _device.Syncs);
    }

    [Fact]
    public void A_push_behind_a_gap_is_answered_by_a_sync()
    {
        _device.Connect();
        _inbox.Append(Chat);

        _device.Push(_inbox.Append(Chat));

        Assert.Equal([1, 2], _device.ShownOf(Chat));
    }

    [Fact]
    public void A_repeated_push_is_ignored()
    {
        _device.Connect();
        var entry = _inbox.Append(Chat);
        _device.Push(entry);
        var syncs = _device.Syncs;

        _device.Push(entry);

        Assert.Equal([1], _device.ShownOf(Chat));
        Assert.Equal(syncs, _device.Syncs);
    }

    [Fact]
    public void A_push_before_the_first_sync_has_ended_does_not_advance_the_device()
    {
        _device.BeginConnecting();

        _device.Push(_inbox.Append(Chat));

        Assert.Empty(_device.Shown);
        Assert.Equal(0, _device.State.Position);
    }

    [Fact]
    public void A_push_during_a_sync_makes_it_ask_once_more()
    {
        var engine = new SyncEngine(SyncState.Empty);
        var answer = _inbox.Sync(engine.Request);

        engine.Pushed([_inbox.Append(Chat)]);
        var ended = engine.Synced(answer);

        Assert.Equal(NextCall.Sync, ended.Next);
        Assert.Equal(NextCall.None, engine.Synced(_inbox.Sync(engine.Request)).Next);
    }

    [Fact]
    public void A_page_that_brings_nothing_is_not_asked_for_again()
    {
        var engine = new SyncEngine(SyncState.Empty);

        var step = engine.Synced(new SyncPage([], Next: 0, Head: 5, "1", Reset: false, []));

        Assert.Equal(NextCall.None, step.Next);
    }

    [Fact]
    public void A_position_that_fits_by_chance_after_a_rebuild_is_not_believed()
    {
        _inbox.Append(Chat);
        _device.Connect();
        _inbox.Append(Chat);
        _inbox.Rebuild();
        var third = _inbox.Append(Chat);

        _device.Push(third with { Position = 2 });

        Assert.Equal([1, 2, 3], _device.ShownOf(Chat));
    }

    [Fact]
    public void A_restarted_device_shows_only_what_is_new()
    {
        _inbox.Append(Chat);
        _device.Connect();
        _inbox.Append(Chat);

        _device.Connect();

        Assert.Equal([1, 2], _device.ShownOf(Chat));
    }

    [Fact]
    public void A_trimmed_inbox_is_bridged_by_history()
    {
        _inbox.Append(Chat);
        _device.Connect();
        for (var i = 0; i < 20; i++)
            _inbox.Append(Chat);
        _inbox.Trim();

        _device.Connect();

        Assert.Equal(Enumerable.Range(1, 21).Select(seq => (long)seq), _device.ShownOf(Chat));
    }

    [Fact]
    public void A_rebuilt_inbox_repeats_nothing_and_its_pushes_fit_again()
    {
        _inbox.Append(Chat);
        _inbox.Append("g:two");
        _device.Connect();
        _inbox.Rebuild();

        _device.Push(_inbox.Append(Chat));
        var syncs = _device.Syncs;
        _device.Push(_inbox.Append(Chat));

        Assert.Equal([1, 2, 3], _device.ShownOf(Chat));
        Assert.Equal([1], _device.ShownOf("g:two"));
        Assert.Equal(syncs, _device.Syncs);
    }

    [Fact]
    public void A_small_position_with_a_new_message_reveals_a_rebuilt_inbox()
    {
        for (var i = 0; i < 3; i++)
            _inbox.Append(Chat);
        _device.Connect();
        var other = new FakeInbox();
        var strange = other.Append("g:new");

        _device.Push(strange);

        Assert.Equal(2, _device.Syncs); // the first one at connect, the second because of the stranger
    }

    [Fact]
    public void A_timeline_message_that_fits_is_shown_without_a_call()
    {
        _device.Connect();
        var syncs = _device.Syncs;

        _device.PushTimeline(_inbox.AppendTimeline(Chat), _inbox.AppendTimeline(Chat));

        Assert.Equal([1, 2], _device.ShownOf(Chat));
        Assert.Equal(syncs, _device.Syncs);
    }

    [Fact]
    public void A_timeline_message_behind_a_gap_is_read_from_the_conversation()
    {
        _device.Connect();
        for (var i = 0; i < 10; i++)
            _inbox.AppendTimeline(Chat);

        _device.PushTimeline(_inbox.AppendTimeline(Chat));

        Assert.Equal(Enumerable.Range(1, 11).Select(seq => (long)seq), _device.ShownOf(Chat));
    }

    [Fact]
    public void A_group_that_becomes_a_timeline_and_ceases_to_be_one_keeps_its_order()
    {
        _inbox.Append(Chat);
        _device.Connect();
        _inbox.AppendTimeline(Chat);
        _inbox.AppendTimeline(Chat);

        _device.Push(_inbox.Append(Chat));

        Assert.Equal([1, 2, 3, 4], _device.ShownOf(Chat));
    }

    [Fact]
    public void A_timeline_that_ends_with_what_is_not_shown_is_read_once()
    {
        _inbox.AppendTimeline(Chat);
        _inbox.AppendVoid(Chat);
        _device.Connect();
        var engine = new SyncEngine(_device.State);

        Assert.Equal(NextCall.None, engine.Synced(_inbox.Sync(engine.Request)).Next);
    }
}
