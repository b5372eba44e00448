using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Sending;

namespace ImDapr.UnitTests.MessageService.Entities;

/// <summary>What every storage model promises.</summary>
public abstract class MessageStoreContract(StoreSidecar sidecar)
{
    protected static readonly CancellationToken None = CancellationToken.None;

    /// <summary>A conversation of this test alone.</summary>
    protected string Conversation { get; } = NewConversation();

    protected StoreSidecar Sidecar => sidecar;

    /// <summary>The store of another instance of the service.</summary>
    protected abstract IMessageStore Create();

    protected static string NewConversation() => $"g:{Guid.NewGuid():N}";

    /// <summary>A client message id of this test alone.</summary>
    protected string Id(string id) => Conversation + id;

    protected static PendingSend Send(string conversationId, string text, string sender = "alice", string? clientMessageId = null, FanOutPolicy policy = FanOutPolicy.Reference) =>
        new(new Message(conversationId, 0, sender, "phone", clientMessageId ?? Guid.NewGuid().ToString(), MessageTypes.Text, Body(text), null, null, 0) { FanOut = policy });

    protected static JsonElement Body(string text) => JsonSerializer.SerializeToElement(new { text });

    protected static string Text(Message message) => message.Body.GetProperty("text").GetString()!;

    protected static async Task<List<StoredSend>> AppendAsync(IMessageStore store, params PendingSend[] sends) => [.. (await store.AppendAsync(sends, None)).Stored];

    [Fact]
    public async Task Instances_that_write_at_once_share_one_row_of_seqs_without_holes()
    {
        var stores = Enumerable.Range(0, 4).Select(_ => Create()).ToList();

        var stored = await Task.WhenAll(stores.Select((store, i) => Task.Run(async () =>
        {
            var seqs = new List<long>();
            for (var batch = 0; batch < 5; batch++)
                seqs.AddRange((await AppendAsync(store, Send(Conversation, $"{i}.{batch}a"), Send(Conversation, $"{i}.{batch}b"))).Select(send => send.Message.Seq));
            return seqs;
        })));

        Assert.Equal(Enumerable.Range(1, 40).Select(seq => (long)seq), stored.SelectMany(seqs => seqs).Order());
        Assert.Equal(40, (await Create().HeadsAsync([Conversation], None))[Conversation]);
        Assert.Equal(40, (await Create().RangeAsync(Conversation, 1, long.MaxValue, 100, newestFirst: false, None)).Select(Text).Distinct().Count());
    }

    [Fact]
    public async Task A_retry_is_answered_with_what_was_stored_first_whichever_instance_it_meets()
    {
        var store = Create();
        var first = Assert.Single(await AppendAsync(store, Send(Conversation, "once", clientMessageId: Id("||odd|| key!"))));
        await AppendAsync(store, Send(Conversation, "between"));

        foreach (var instance in new[] { store, Create() })
        {
            var again = Assert.Single(await AppendAsync(instance, Send(Conversation, "once", clientMessageId: Id("||odd|| key!"))));

            Assert.True(again.IsDuplicate);
            Assert.Equal((first.Message.Seq, first.Message.SentAt), (again.Message.Seq, again.Message.SentAt));
        }
    }

    [Fact]
    public async Task A_retry_among_new_messages_leaves_no_hole()
    {
        var store = Create();
        var other = NewConversation();
        await AppendAsync(store, Send(Conversation, "old", clientMessageId: Id("1")));

        var stored = await AppendAsync(
            store, Send(Conversation, "a"), Send(Conversation, "old", clientMessageId: Id("1")), Send(other, "c"), Send(Conversation, "b"));

        Assert.Equal(["old"], stored.Where(send => send.IsDuplicate).Select(send => Text(send.Message)));
        Assert.Equal(["old", "a", "b"], (await Create().RangeAsync(Conversation, 1, long.MaxValue, 10, newestFirst: false, None)).Select(Text));
        var keys = await Create().InboxKeysAsync(Conversation, 1, (await Create().HeadsAsync([Conversation], None))[Conversation], None);
        Assert.Equal(3, keys.Count);
        Assert.Equal(1, Assert.Single(await Create().RangeAsync(other, 1, 10, 10, newestFirst: true, None)).Seq);
    }

    [Fact]
    public async Task Ids_that_differ_in_case_only_are_different()
    {
        var (lower, upper) = (NewConversation() + "-a", "");
        upper = lower.ToUpperInvariant().Replace("G:", "g:");

        await AppendAsync(Create(), Send(lower, "small", sender: "eve", clientMessageId: lower), Send(upper, "LARGE", sender: "eve", clientMessageId: upper));

        var read = await Create().ReadAsync([(lower, 1), (upper, 1)], None);
        Assert.Equal(["LARGE", "small"], read.Values.Select(Text).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Entities_are_read_as_they_were_stored_and_what_does_not_exist_is_missing()
    {
        var sent = new PendingSend(Send(Conversation, "你好 🎈").Message with { Mentions = ["bob", "carol"], ReplyTo = 7, FanOut = FanOutPolicy.Copy });
        var stored = Assert.Single(await AppendAsync(Create(), sent));

        var read = await Create().ReadAsync([(Conversation, 1), (Conversation, 2), (NewConversation(), 1)], None);

        var message = Assert.Single(read).Value;
        Assert.Equal((1, sidecar.Time.GetUtcNow().ToUnixTimeMilliseconds()), (message.Seq, message.SentAt));
        Assert.Equal((FanOutPolicy.Copy, FanOutPolicy.Copy), (stored.Message.FanOut, message.FanOut));
        Assert.Equal(JsonSerializer.Serialize(stored.Message, ContractsJson.Wire), JsonSerializer.Serialize(message, ContractsJson.Wire));
    }

    [Theory]
    [InlineData(1, long.MaxValue, 3, true, "150 149 148")]
    [InlineData(1, 64, 3, true, "63 62 61")]
    [InlineData(63, 67, 10, false, "63 64 65 66")]
    [InlineData(149, long.MaxValue, 10, false, "149 150")]
    [InlineData(151, long.MaxValue, 10, false, "")]
    [InlineData(1, 1, 10, true, "")]
    public async Task A_range_is_read_from_either_end(long from, long to, int limit, bool newestFirst, string seqs)
    {
        await AppendAsync(Create(), [.. Enumerable.Range(1, 150).Select(i => Send(Conversation, $"{i}"))]);

        var read = await Create().RangeAsync(Conversation, from, to, limit, newestFirst, None);

        Assert.Equal(seqs, string.Join(' ', read.Select(message => message.Seq)));
        Assert.All(read, message => Assert.Equal($"{message.Seq}", Text(message)));
    }

    [Fact]
    public async Task Inboxes_get_what_was_stored_for_them_and_never_what_is_read_as_a_timeline()
    {
        var store = Create();
        for (var i = 1; i <= 5; i++)
            await AppendAsync(store, [.. Enumerable.Range(1, 40).Select(n => Send(Conversation, "x", policy: i % 2 == 0 ? FanOutPolicy.Timeline : FanOutPolicy.Reference))]);
        sidecar.Time.Advance(TimeSpan.FromSeconds(1));
        var recall = Send(Conversation, "").Message with { Type = MessageTypes.Recall, ReplyTo = 3, FanOut = FanOutPolicy.Copy };
        await AppendAsync(Create(), new PendingSend(recall));

        var keys = await Create().InboxKeysAsync(Conversation, 30, 201, None);

        Assert.Equal(Enumerable.Range(30, 172).Select(seq => (long)seq).Where(seq => (seq - 1) / 40 % 2 == 0 || seq > 200), keys.Select(key => key.Seq));
        Assert.Equal(new EntityKey(Conversation, 201, sidecar.Time.GetUtcNow().ToUnixTimeMilliseconds(), 3), keys[^1]);
        Assert.All(keys.SkipLast(1), key => Assert.True(key.SentAt < keys[^1].SentAt && key.Recalls is null));
    }

    [Fact]
    public async Task What_becomes_of_a_message_is_decided_by_compare_and_swap()
    {
        await AppendAsync(Create(), Send(Conversation, "liked"));
        var users = Enumerable.Range(1, 6).Select(i => $"user{i}").ToList();

        var changed = await Task.WhenAll(users.Select((user, i) => Task.Run(() => Create().AmendAsync(
            Conversation, 1, (message, amendment) => new AmendedMessage(Body($"{Text(message)}+"), With(amendment, user, i + 2)), None))));

        var message = (await Create().ReadAsync([(Conversation, 1)], None)).Values.Single();
        Assert.DoesNotContain(false, changed);
        Assert.Equal(users, message.Reactions!["like"]);
        Assert.Equal("liked++++++", Text(message));
    }

    [Fact]
    public async Task Nothing_is_changed_that_does_not_exist_or_is_to_stay_as_it_is()
    {
        await AppendAsync(Create(), Send(Conversation, "stays"));

        Assert.False(await Create().AmendAsync(Conversation, 1, (_, _) => null, None));
        Assert.False(await Create().AmendAsync(Conversation, 2, (message, amendment) => new AmendedMessage(message.Body, amendment), None));
        Assert.False(await Create().AmendAsync(NewConversation(), 1, (message, amendment) => new AmendedMessage(message.Body, amendment), None));
    }

    [Fact]
    public async Task A_list_of_conversations_learns_of_the_last_message_and_of_ones_own()
    {
        var silent = NewConversation();
        var members = new MemberStore(sidecar.Shards());
        var alice = new Membership("alice", Conversation, "member", 1, 0, 0, 0, 0);
        var bob = new Membership("bob", Conversation, "member", 1, 0, 2, 0, 0);
        await members.AddAsync([alice, bob, alice with { ConversationId = silent }], None);
        await AppendAsync(Create(), Send(Conversation, "1"), Send(Conversation, "2", sender: "bob"));
        await AppendAsync(Create(), Send(Conversation, "3"), Send(Conversation, "4", sender: "carol"));
        var now = sidecar.Time.GetUtcNow().ToUnixTimeMilliseconds();

        var ofAlice = await Create().ActivityAsync([alice, alice with { ConversationId = silent }], None);
        var ofBob = await Create().ActivityAsync([bob], None);

        Assert.Equal(new ConversationActivity(4, now, 3), Assert.Single(ofAlice).Value);
        Assert.Equal(new ConversationActivity(4, now, 0), ofBob[Conversation]);
        Assert.Equal([Conversation], (await Create().HeadsAsync([Conversation, silent], None)).Keys);
    }

    [Fact]
    public async Task An_entity_stays_until_its_last_recipient_has_released_it()
    {
        var store = Create();
        await AppendAsync(store, Send(Conversation, "1"), Send(Conversation, "2"));
        await store.RetainAsync([new(Conversation, 1, ["alice", "bob"]), new(Conversation, 2, ["alice", "bob"])], None);

        await store.ReleaseAsync("alice", [(Conversation, 1), (Conversation, 2)], None);
        await store.ReleaseAsync("alice", [(Conversation, 1), (Conversation, 2)], None);

        Assert.Equal(2, (await Create().ReadAsync([(Conversation, 1), (Conversation, 2)], None)).Count);
        Assert.Equal([1L, 2], (await Create().InboxKeysAsync(Conversation, 1, 2, None)).Select(key => key.Seq));
    }

    private static Amendment With(Amendment amendment, string user, long seq)
    {
        var likes = amendment.Reactions?["like"].ToDictionary() ?? [];
        likes[user] = seq;
        return amendment with { Reactions = new Dictionary<string, IReadOnlyDictionary<string, long>> { ["like"] = likes } };
    }
}
