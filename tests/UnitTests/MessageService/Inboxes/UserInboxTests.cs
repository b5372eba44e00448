using ImDapr.Contracts;
using ImDapr.MessageService.Inbox;

namespace ImDapr.UnitTests.MessageService.Inboxes;

public sealed class UserInboxTests : IAsyncLifetime
{
    private static readonly InboxOptions Small = new() { Capacity = 200, MaxEntries = 500, Kept = 100 };
    private InboxSystem _system = null!;

    public async Task InitializeAsync() => _system = await InboxSystem.StartAsync();

    public async Task DisposeAsync() => await _system.DisposeAsync();

    [Fact]
    public async Task What_exceeds_the_capacity_is_read_from_overflow_and_goes_when_it_is_acknowledged()
    {
        await _system.ConversationAsync("ann", "g:one", 450);
        var inbox = _system.Inbox("ann", Small);
        var appender = _system.Appender(Small);
        for (var seq = 1; seq <= 450; seq += 10)
            await appender.AppendAsync("ann", InboxSystem.References("g:one", seq, seq + 9), CancellationToken.None);
        Assert.Equal([0, 1], await OverflowAsync("ann")); // of four sealed segments two stay, and the tail

        var device = new TestDevice("d1");
        await device.SyncAllAsync(_system.Inbox("ann", Small));
        device.AssertComplete(("g:one", 450));
        await device.AckAsync(appender);

        Assert.Empty(await OverflowAsync("ann"));
        Assert.Equal(0, device.Resets);
    }

    [Fact]
    public async Task A_device_that_is_further_behind_than_anything_is_kept_gets_a_reset()
    {
        await _system.ConversationAsync("ann", "g:one", 900);
        var inbox = _system.Inbox("ann", Small);
        var appender = _system.Appender(Small);
        var device = new TestDevice("d1");
        await appender.AppendAsync("ann", InboxSystem.References("g:one", 1, 50), CancellationToken.None);
        await device.SyncAsync(inbox, limit: 50);
        for (var seq = 51; seq <= 900; seq += 50)
            await appender.AppendAsync("ann", InboxSystem.References("g:one", seq, seq + 49), CancellationToken.None);

        await device.SyncAllAsync(inbox);

        Assert.Equal(1, device.Resets);
        Assert.Equal(Enumerable.Range(401, 500).Select(i => (long)i), device.Entries.Select(entry => entry.Position));
        Assert.Equal(Enumerable.Range(1, 400).Select(i => (long)i), _system.Messages.Released.Select(entry => entry.Seq)); // nobody will read them
    }

    [Fact]
    public async Task A_long_gap_is_filled_sealed_and_overflown_in_one_go()
    {
        await _system.ConversationAsync("ann", "g:one", 2_500);
        var appender = _system.Appender(new InboxOptions { Capacity = 300 });

        await appender.AppendAsync("ann", InboxSystem.References("g:one", 2_500, 2_500), CancellationToken.None);

        var device = new TestDevice("d1");
        await device.SyncAllAsync(_system.Inbox("ann"));
        device.AssertComplete(("g:one", 2_500));
    }

    [Fact]
    public async Task Entities_are_released_when_all_devices_have_acknowledged_them_and_a_crash_in_between_repeats_it()
    {
        await _system.ConversationAsync("ann", "g:one", 30);
        var inbox = _system.Inbox("ann");
        var (phone, desk, writer) = (new TestDevice("phone"), new TestDevice("desk"), _system.Appender());
        await phone.SyncAsync(inbox, 20);
        await desk.SyncAsync(inbox, 10);

        await phone.AckAsync(writer);
        Assert.Empty(_system.Messages.Released);
        await desk.AckAsync(writer);
        Assert.Equal(Seqs(1, 10), _system.Messages.Released.Select(entry => entry.Seq));

        // How far it was released is saved with the next change only: another instance tells it again, and none is left out.
        var next = _system.Inbox("ann");
        await desk.SyncAsync(next, 5);
        await desk.AckAsync(_system.Appender());
        Assert.Equal(Seqs(1, 15), _system.Messages.Released.Select(entry => entry.Seq).Distinct());
    }

    [Fact]
    public async Task A_device_that_stays_away_does_not_hold_the_inbox_and_is_served_while_its_position_is_kept()
    {
        await _system.ConversationAsync("ann", "g:one", 450);
        var inbox = _system.Inbox("ann", new InboxOptions { Kept = 100 });
        var (phone, desk, writer) = (new TestDevice("phone"), new TestDevice("desk"), _system.Appender(new InboxOptions { Kept = 100 }));
        await phone.SyncAllAsync(inbox);
        await desk.SyncAsync(inbox, 10);
        await phone.AckAsync(writer);
        Assert.Empty(_system.Messages.Released);

        _system.Time.Advance(TimeSpan.FromDays(31));
        await phone.SyncAsync(inbox);

        Assert.Equal(450, _system.Messages.Released.Count);
        await desk.SyncAllAsync(inbox);
        Assert.Equal(1, desk.Resets); // the first 300 are gone
        Assert.Equal(301, desk.Entries[0].Position);
    }

    [Fact]
    public async Task Copies_are_shown_without_asking_for_entities_and_recalled_ones_without_their_body()
    {
        var (first, second) = (InboxSystem.Message("g:one", 1), InboxSystem.Message("g:one", 2));
        await _system.ConversationAsync("ann", "g:one", 3);
        _system.Messages.Gone[("g:one", 1)] = true;
        var appender = _system.Appender();
        await appender.AppendAsync(
            "ann",
            [new("g:one", 1, 1, Copy: first), new("g:one", 2, 1, Copy: second), new("g:one", 3, 1, Copy: InboxSystem.Message("g:one", 3), Recalls: 1)],
            CancellationToken.None);

        var device = new TestDevice("d1");
        await device.SyncAllAsync(_system.Inbox("ann"));

        device.AssertComplete(("g:one", 3));
        Assert.Equal([("g:one", 1L)], _system.Messages.Asked);
        Assert.Equal(("{}", "sender"), (device.Entries[0].Message.Body.GetRawText(), device.Entries[0].Message.RecalledBy));
        Assert.Equal(second.Body.GetRawText(), device.Entries[1].Message.Body.GetRawText());
    }

    [Fact]
    public async Task At_the_position_of_a_message_that_is_no_longer_kept_stands_that_it_has_expired()
    {
        await _system.ConversationAsync("ann", "g:one", 3);
        _system.Messages.Gone[("g:one", 2)] = true;
        var device = new TestDevice("d1");

        await device.SyncAllAsync(_system.Inbox("ann"));

        device.AssertComplete(("g:one", 3));
        Assert.Equal([MessageTypes.Text, MessageTypes.Expired, MessageTypes.Text], device.Entries.Select(entry => entry.Message.Type));
        Assert.Equal("{}", device.Entries[1].Message.Body.GetRawText());
    }

    [Fact]
    public async Task An_inbox_that_has_lost_a_segment_is_built_anew_with_another_epoch()
    {
        await _system.ConversationAsync("ann", "g:one", 250);
        var inbox = _system.Inbox("ann");
        var device = new TestDevice("d1");
        await device.SyncAllAsync(inbox);
        var epoch = (await device.SyncAsync(inbox)).Epoch;
        await _system.Client.DeleteStateAsync(DaprNames.StateStore, $"inbox-ann:{epoch}:1");

        var other = new TestDevice("d2");
        await other.SyncAllAsync(_system.Inbox("ann"));
        await device.SyncAllAsync(_system.Inbox("ann"));

        other.AssertComplete(("g:one", 250));
        device.AssertComplete(("g:one", 250));
        Assert.Equal(1, device.Resets);
    }

    [Fact]
    public async Task An_inbox_whose_marks_are_lost_is_built_anew()
    {
        await _system.ConversationAsync("ann", "g:one", 250);
        var device = new TestDevice("d1");
        await device.SyncAllAsync(_system.Inbox("ann"));
        var epoch = (await device.SyncAsync(_system.Inbox("ann"))).Epoch;
        await _system.Client.DeleteStateAsync(DaprNames.StateStore, $"inbox-ann:{epoch}:2:marks");

        await device.SyncAllAsync(_system.Inbox("ann"));

        device.AssertComplete(("g:one", 250));
        Assert.Equal(1, device.Resets);
    }

    [Fact]
    public async Task A_poll_acknowledges_what_it_asks_to_see_the_continuation_of()
    {
        await _system.ConversationAsync("ann", "g:one", 10);
        var inbox = _system.Inbox("ann");

        await PollAsync(inbox, after: 0);
        Assert.Empty(_system.Messages.Released);
        await PollAsync(inbox, after: 7);
        Assert.Equal(Seqs(1, 7), _system.Messages.Released.Select(entry => entry.Seq));
        await PollAsync(inbox, after: 5_000); // of another inbox: says nothing
        Assert.Equal(7, _system.Messages.Released.Count);
        Assert.Empty((await _system.Appender().AppendAsync("ann", [], CancellationToken.None)).Readers.NodeIds);
    }

    [Fact]
    public async Task Whoever_polls_is_told_of_what_comes_while_it_waits_and_no_longer()
    {
        await _system.ConversationAsync("ann", "g:one", 1);
        var inbox = _system.Inbox("ann");
        var appender = _system.Appender();
        var begun = _system.Time.GetUtcNow().ToUnixTimeMilliseconds();
        await PollAsync(inbox, after: 0, waitMilliseconds: 10_000);
        await _system.StoreAsync("g:one", 2, 3);
        var during = await appender.AppendAsync("ann", InboxSystem.References("g:one", 2, 2), CancellationToken.None);
        _system.Time.Advance(TimeSpan.FromMinutes(11));
        var after = await appender.AppendAsync("ann", InboxSystem.References("g:one", 3, 3), CancellationToken.None);

        Assert.True(during.Readers.PolledUntil >= begun + 10_000);
        Assert.True(after.Readers.PolledUntil < _system.Time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    public async Task A_bad_position_or_limit_is_refused_and_leaves_nothing(long after, int limit)
    {
        var session = new DeviceSession("d1", "web", "c1", "node");

        var answer = await _system.Inbox("nobody").SyncAsync(new ActorSync(session, new SyncRequest(after, limit)), CancellationToken.None);

        Assert.Equal(ErrorCodes.InvalidArgument, answer.Refusal!.Code);
        Assert.Null(await _system.Client.GetStateAsync<object>(DaprNames.StateStore, "devices-nobody"));
    }

    private static Task<Answer<SyncPage>> PollAsync(UserInbox inbox, long after, long waitMilliseconds = 0) =>
        inbox.SyncAsync(new ActorSync(null, new SyncRequest(after, 0), new PollingDevice("wechat", "wechat-oa", waitMilliseconds)), CancellationToken.None);

    private static IEnumerable<long> Seqs(int from, int to) => Enumerable.Range(from, to - from + 1).Select(i => (long)i);

    private async Task<IEnumerable<long>> OverflowAsync(string userId)
    {
        var rows = await _system.Sql.QueryAsync("SELECT segment FROM inbox_overflow WHERE user_id = ? ORDER BY segment", [userId], CancellationToken.None);
        return rows.Select(row => row.Int64("segment"));
    }
}
