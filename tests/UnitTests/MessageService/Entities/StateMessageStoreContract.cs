using System.Text.Json;
using Dapr;
using FsCheck.Xunit;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Entities.State;

namespace ImDapr.UnitTests.MessageService.Entities;

/// <summary>What the storage model <c>redis</c> promises beyond, on every state store.</summary>
public abstract class StateMessageStoreContract(StoreSidecar sidecar) : MessageStoreContract(sidecar)
{
    private static readonly TimeSpan Ttl = new StorageOptions().EntityTtl;

    protected override IMessageStore Create() => Instance().Store;

    protected StateInstance Instance() => new(Sidecar);

    [Fact]
    public async Task What_was_committed_is_read_and_written_upon_though_its_writer_died_before_it_had_keys()
    {
        var (dying, other) = (Instance(), Instance());
        await AppendAsync(dying.Store, Send(Conversation, "before"));
        await CommitAndDieAsync(dying, "committed", Id("1"));

        Assert.Equal("committed", Text((await other.Store.ReadAsync([(Conversation, 2)], None)).Values.Single()));
        Assert.Equal(["committed", "before"], (await other.Store.RangeAsync(Conversation, 1, 10, 10, newestFirst: true, None)).Select(Text));
        Assert.Equal([1L, 2], (await other.Store.InboxKeysAsync(Conversation, 1, 2, None)).Select(key => key.Seq));
        Assert.Equal(2, (await other.Store.HeadsAsync([Conversation], None))[Conversation]);
        var own = await other.Store.ActivityAsync([new Membership("alice", Conversation, "member", 1, 0, 0, 0, 0)], None);
        Assert.Equal(2, own[Conversation].SentSeq);
        Assert.False(await HasKeyAsync(2));

        Assert.Equal(3, (await AppendAsync(other.Store, Send(Conversation, "after"))).Single().Message.Seq);

        Assert.True(await HasKeyAsync(2));
        var retry = Assert.Single(await AppendAsync(Instance().Store, Send(Conversation, "committed", clientMessageId: Id("1"))));
        Assert.Equal((2, true), (retry.Message.Seq, retry.IsDuplicate));
    }

    [Fact]
    public async Task A_retry_of_what_was_committed_by_the_dying_is_answered_at_once()
    {
        var dying = Instance();
        await CommitAndDieAsync(dying, "committed", Id("1"));

        foreach (var instance in new[] { Instance(), dying })
        {
            instance.Calls.Failing = null;
            var retry = Assert.Single(await AppendAsync(instance.Store, Send(Conversation, "committed", clientMessageId: Id("1"))));
            Assert.Equal((1, true), (retry.Message.Seq, retry.IsDuplicate));
        }
    }

    [Fact]
    public async Task What_has_no_key_yet_is_amended_and_the_late_writer_leaves_it_amended()
    {
        var dying = Instance();
        await CommitAndDieAsync(dying, "secret", Id("1"));
        var committed = (await dying.State.GetAsync<Head>(StateKeys.Head(Conversation), None)).Value!;

        Assert.True(await Create().AmendAsync(Conversation, 1, (_, amendment) => new AmendedMessage(Body(""), amendment with { RecalledBy = "alice" }), None));
        dying.Calls.Failing = null;
        await dying.Entities.SaveAsync(committed.Tail, None);
        await Instance().Entities.CompleteAsync(Conversation, committed, None);

        var message = (await Create().ReadAsync([(Conversation, 1)], None)).Values.Single();
        Assert.Equal(("", "alice"), (Text(message), message.RecalledBy));
    }

    [Fact]
    public async Task The_last_recipient_takes_the_entity_away_with_all_its_content()
    {
        var store = Create();
        await AppendAsync(store, Send(Conversation, "stays"), Send(Conversation, "goes"));
        await store.RetainAsync([new(Conversation, 1, ["alice", "bob"]), new(Conversation, 2, ["alice", "bob"])], None);
        await store.ReleaseAsync("alice", [(Conversation, 1), (Conversation, 2)], None);
        await store.ReleaseAsync("alice", [(Conversation, 2)], None);
        Assert.True(await HasKeyAsync(2));

        await Create().ReleaseAsync("bob", [(Conversation, 2)], None);

        Assert.Equal("stays", Text((await Create().ReadAsync([(Conversation, 1), (Conversation, 2)], None)).Values.Single()));
        Assert.Equal(["stays"], (await Create().RangeAsync(Conversation, 1, 10, 10, newestFirst: true, None)).Select(Text));
        Assert.Equal((true, false), (await HasKeyAsync(1), await HasKeyAsync(2)));
        Assert.DoesNotContain("goes", await HeadTextAsync());
        Assert.Equal(3, (await AppendAsync(store, Send(Conversation, "next"))).Single().Message.Seq);
    }

    [Fact]
    public async Task Recipients_who_acknowledge_at_once_and_repeatedly_are_counted_once_each()
    {
        var users = Enumerable.Range(1, 12).Select(i => $"user{i}").ToList();
        var keys = Enumerable.Range(1, 3).Select(seq => (Conversation, (long)seq)).ToList();
        var store = Create();
        await AppendAsync(store, [.. keys.Select(key => Send(Conversation, "x"))]);
        await store.RetainAsync([.. keys.Select(key => new RetainedMessage(key.Conversation, key.Item2, [.. users, "last"]))], None);
        var stores = Enumerable.Range(0, 3).Select(_ => Create()).ToList();

        await Task.WhenAll(stores.SelectMany(each => users.Select(user => Task.Run(() => each.ReleaseAsync(user, keys, None)))));
        Assert.Equal(3, (await Create().ReadAsync(keys, None)).Count);
        await Task.WhenAll(stores.Select(each => Task.Run(() => each.ReleaseAsync("last", keys, None))));

        Assert.Empty(await Create().ReadAsync(keys, None));
    }

    [Fact]
    public async Task A_fan_out_that_is_repeated_adds_who_came_later_and_brings_nobody_back()
    {
        var store = Create();
        await AppendAsync(store, Send(Conversation, "1"));
        await store.RetainAsync([new(Conversation, 1, ["alice", "bob"])], None);
        await store.ReleaseAsync("alice", [(Conversation, 1)], None);
        await store.RetainAsync([new(Conversation, 1, ["alice", "bob", "carol"])], None);

        await store.ReleaseAsync("bob", [(Conversation, 1)], None);
        Assert.Single(await Create().ReadAsync([(Conversation, 1)], None));
        await store.ReleaseAsync("carol", [(Conversation, 1)], None);
        Assert.Empty(await Create().ReadAsync([(Conversation, 1)], None));

        await store.RetainAsync([new(Conversation, 1, ["alice", "bob", "carol", "dave"])], None);
        Assert.Empty(await Create().ReadAsync([(Conversation, 1)], None));
    }

    [Fact]
    public async Task Who_acknowledged_before_the_fan_out_has_counted_is_not_waited_for()
    {
        var store = Create();
        await AppendAsync(store, Send(Conversation, "1"), Send(Conversation, "2"));
        await store.ReleaseAsync("alice", [(Conversation, 1), (Conversation, 2)], None);
        await store.ReleaseAsync("bob", [(Conversation, 1)], None);
        Assert.Equal(2, (await Create().ReadAsync([(Conversation, 1), (Conversation, 2)], None)).Count);

        await store.RetainAsync([new(Conversation, 1, ["alice", "bob"]), new(Conversation, 2, ["alice", "bob"])], None);

        Assert.Equal(2, Assert.Single(await Create().ReadAsync([(Conversation, 1), (Conversation, 2)], None)).Key.Seq);
    }

    [Fact]
    public async Task A_retry_of_what_is_gone_is_answered_and_stores_nothing()
    {
        var store = Create();
        await AppendAsync(store, Send(Conversation, "gone", clientMessageId: Id("1")), Send(Conversation, "other"));
        await store.RetainAsync([new(Conversation, 1, ["bob"])], None);
        await store.ReleaseAsync("bob", [(Conversation, 1)], None);

        var retry = Assert.Single(await AppendAsync(Create(), Send(Conversation, "gone", clientMessageId: Id("1"), policy: FanOutPolicy.Timeline)));

        Assert.Equal((1, true, FanOutPolicy.Reference), (retry.Message.Seq, retry.IsDuplicate, retry.Message.FanOut));
        Assert.Empty(await Create().ReadAsync([(Conversation, 1)], None));
    }

    [Fact]
    public async Task A_large_batch_is_committed_in_parts_that_a_head_can_hold()
    {
        var text = new string('漢', 5_400);
        var sends = Enumerable.Range(1, 40).Select(i => Send(Conversation, text)).ToArray();

        var stored = await AppendAsync(Create(), sends);

        Assert.Equal(Enumerable.Range(1, 40).Select(seq => (long)seq), stored.Select(send => send.Message.Seq));
        Assert.InRange(JsonSerializer.SerializeToUtf8Bytes(await HeadTextAsync()).Length, 1, 512 * 1024);
        Assert.Equal(40, (await Create().RangeAsync(Conversation, 1, 100, 100, newestFirst: true, None)).Count);
    }

    [Fact]
    public async Task A_store_that_is_away_is_told_as_such()
    {
        var instance = Instance();
        instance.Calls.Failing = "SaveState";

        await Assert.ThrowsAsync<DaprException>(() => AppendAsync(instance.Store, Send(Conversation, "x")));

        instance.Calls.Failing = null;
        Assert.Equal(1, (await AppendAsync(instance.Store, Send(Conversation, "x"))).Single().Message.Seq);
    }

    [Property(MaxTest = 15)]
    public async Task Whatever_is_sent_again_whoever_dies_each_message_has_one_seq_and_seqs_have_no_holes(byte[] steps)
    {
        var conversation = NewConversation();
        StateInstance[] instances = [Instance(), Instance()];
        var seqs = new Dictionary<string, long>();
        foreach (var step in steps.Take(12))
        {
            var (instance, id) = (instances[step % 2], $"{conversation}{step / 2 % 8}");
            instance.Calls.Failing = step >= 192 ? StateCalls.Transaction : null;
            if (await TryAppendAsync(instance, Send(conversation, id, clientMessageId: id)) is { } seq && !seqs.TryAdd(id, seq))
                Assert.Equal(seqs[id], seq);
        }

        var messages = await Create().RangeAsync(conversation, 1, long.MaxValue, 100, newestFirst: false, None);
        Assert.Equal(Enumerable.Range(1, messages.Count).Select(seq => (long)seq), messages.Select(message => message.Seq));
        Assert.Equal(messages.Count, messages.DistinctBy(message => message.ClientMessageId).Count());
        Assert.All(seqs, sent => Assert.Equal(sent.Key, messages[(int)sent.Value - 1].ClientMessageId));
    }

    protected async Task<bool> HasKeyAsync(long seq) => (await Instance().State.GetAsync<object>(StateKeys.Entity(Conversation, seq), None)).Exists;

    private async Task<string> HeadTextAsync() => JsonSerializer.Serialize((await Instance().State.GetAsync<object>(StateKeys.Head(Conversation), None)).Value, ContractsJson.Wire);

    private static async Task<long?> TryAppendAsync(StateInstance instance, ImDapr.MessageService.Sending.PendingSend send)
    {
        try
        {
            return (await AppendAsync(instance.Store, send)).Single().Message.Seq;
        }
        catch (DaprException)
        {
            return null;
        }
    }

    private async Task CommitAndDieAsync(StateInstance instance, string text, string clientMessageId)
    {
        instance.Calls.Failing = StateCalls.Transaction;
        await Assert.ThrowsAsync<DaprException>(() => AppendAsync(instance.Store, Send(Conversation, text, clientMessageId: clientMessageId)));
    }

    protected static TimeSpan TimeToLive => Ttl;
}
