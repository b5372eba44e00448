using ImDapr.MessageService.Entities.State;
using ImDapr.MessageService.Sending;

namespace ImDapr.UnitTests.MessageService.Entities;

public sealed class StateMessageStoreTests(StoreSidecar sidecar) : StateMessageStoreContract(sidecar), IClassFixture<StoreSidecar>
{
    [Fact]
    public async Task After_its_time_an_entity_is_gone_and_seqs_go_on()
    {
        var store = Create();
        await AppendAsync(store, [.. Enumerable.Range(1, 130).Select(i => Send(Conversation, $"{i}", clientMessageId: $"{Conversation}{i}"))]);
        await store.RetainAsync([new(Conversation, 130, ["alice"])], None);
        Sidecar.Time.Advance(TimeToLive - TimeSpan.FromDays(1));
        await AppendAsync(Create(), Send(Conversation, "young"));
        Assert.True(await HasKeyAsync(1));
        Assert.True((await AppendAsync(Create(), Send(Conversation, "130", clientMessageId: $"{Conversation}130"))).Single().IsDuplicate);

        Sidecar.Time.Advance(TimeSpan.FromDays(1));

        Assert.Equal((false, true), (await HasKeyAsync(1), await HasKeyAsync(131)));
        Assert.Equal([131L], (await Create().RangeAsync(Conversation, 1, long.MaxValue, 10, newestFirst: false, None)).Select(message => message.Seq));
        Assert.Equal([131L], (await Create().RangeAsync(Conversation, 1, long.MaxValue, 10, newestFirst: true, None)).Select(message => message.Seq));

        Sidecar.Time.Advance(TimeToLive);

        Assert.Empty(await Create().ReadAsync([(Conversation, 131)], None));
        Assert.Empty(await Create().RangeAsync(Conversation, 1, long.MaxValue, 10, newestFirst: true, None));
        Assert.Equal(132, (await AppendAsync(Create(), Send(Conversation, "new"))).Single().Message.Seq);
        Assert.Equal([132L], (await Create().RangeAsync(Conversation, 1, long.MaxValue, 10, newestFirst: true, None)).Select(message => message.Seq));
    }

    [Fact]
    public async Task What_is_amended_lives_no_longer_and_what_expires_earlier_goes_earlier()
    {
        var expiring = Send(Conversation, "2").Message with { ExpiresAt = Sidecar.Time.GetUtcNow().AddHours(1).ToUnixTimeMilliseconds() };
        await AppendAsync(Create(), Send(Conversation, "1"), new PendingSend(expiring));
        Sidecar.Time.Advance(TimeToLive - TimeSpan.FromMinutes(1));
        Assert.Equal((true, false), (await HasKeyAsync(1), await HasKeyAsync(2)));
        Assert.True(await Create().AmendAsync(Conversation, 1, (_, amendment) => new(Body("edited"), amendment with { EditedSeq = 3, EditedAt = 1 }), None));

        Sidecar.Time.Advance(TimeSpan.FromMinutes(1));

        Assert.False(await HasKeyAsync(1));
    }

    [Fact]
    public async Task A_message_that_comes_alone_costs_four_calls_and_its_count_a_read_and_a_write_each()
    {
        var instance = Instance();
        await AppendAsync(instance.Store, Send(Conversation, "first"));

        // On Redis, whose ETags are versions, the head is not read (StateMessageStore).
        Assert.Equal(["GetBulkState", "GetState", "SaveState", "ExecuteStateTransaction"], await instance.CallsAsync(() => AppendAsync(instance.Store, Send(Conversation, "second"))));
        Assert.Equal(["GetState", "SaveState"], await instance.CallsAsync(() => instance.Store.RetainAsync([new(Conversation, 2, ["alice", "bob"])], None)));
        Assert.Equal(["GetState", "SaveState"], await instance.CallsAsync(() => instance.Store.ReleaseAsync("alice", [(Conversation, 2)], None)));
        Assert.Equal(["GetState"], await instance.CallsAsync(() => instance.Store.ReleaseAsync("alice", [(Conversation, 2)], None)));
        Assert.Equal(
            ["GetState", "SaveState", "ExecuteStateTransaction", "GetState", "SaveState"],
            await instance.CallsAsync(() => instance.Store.ReleaseAsync("bob", [(Conversation, 2)], None)));
    }

    [Theory]
    [InlineData("41", "42")]
    [InlineData("9", "10")]
    [InlineData("", null)]
    [InlineData("-1", null)]
    [InlineData("6f2f2a51-5f0e-4c62-9d4e-0d4f3f1f5a10", null)]
    public void An_etag_is_only_guessed_where_it_is_a_version(string etag, string? next) => Assert.Equal(next, StateClient.Next(etag));
}
