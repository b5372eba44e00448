using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using ImDapr.ConnectionService.Timelines;
using ImDapr.Contracts;
using ImDapr.UnitTests.LocalDapr.Actors;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.ConnectionService.Timelines;

public sealed class TimelineChannelsTests : IAsyncLifetime
{
    private const string Town = "g:town";
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(25);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000));
    private readonly Node _node;

    public TimelineChannelsTests() => _node = new Node(_time);

    public Task InitializeAsync() => _node.Hub.Ordered.StartAsync(CancellationToken.None);

    public async Task DisposeAsync() => await _node.DisposeAsync();

    [Fact]
    public async Task Messages_that_overtake_each_other_reach_all_readers_in_the_order_of_the_conversation()
    {
        var (ann, bob) = (await _node.ReaderAsync("ann", Town), await _node.ReaderAsync("bob", Town));

        await PushAsync(1);
        await PushAsync(3, 4);
        await PushAsync(2);

        Assert.Equal([1, 2, 3, 4], ann.Seqs());
        Assert.Equal([1, 2, 3, 4], bob.Seqs());
    }

    [Property(MaxTest = 50)]
    public Property However_events_reach_the_nodes_each_writes_in_the_order_of_the_conversation() => Prop.ForAll(
        Arb.From(Gen.Zip(Gen.Shuffle(Enumerable.Range(2, 40).ToArray()), Gen.Shuffle(Enumerable.Range(2, 40).ToArray()))),
        orders => InOrderAsync(orders.Item1, orders.Item2).GetAwaiter().GetResult());

    [Fact]
    public async Task Each_conversation_has_an_order_of_its_own()
    {
        var ann = await _node.ReaderAsync("ann", Town, "g:other");

        await PushAsync(1);
        await PushAsync(3);
        await _node.Channels.PushAsync("g:other", [Message("g:other", 7)]);

        Assert.Equal([1, 7], ann.Seqs());
    }

    [Fact]
    public async Task What_misses_something_is_pushed_without_it_after_a_moment()
    {
        var ann = await _node.ReaderAsync("ann", Town);
        await PushAsync(1);
        ann.Seqs();

        await PushAsync(3);

        Assert.Equal([3], Reader.SeqsOf(await _time.AdvanceUntilAsync(ann.NextAsync(), Step)));
        await PushAsync(4);
        Assert.Equal([4], ann.Seqs());
    }

    [Fact]
    public async Task What_has_waited_until_somebody_may_have_joined_is_not_pushed_and_its_readers_are_told_to_sync()
    {
        var ann = await _node.ReaderAsync("ann", Town);
        var message = Message(Town, 3);
        await PushAsync(1);
        ann.Seqs();
        _time.Advance(TimeSpan.FromSeconds(TimelineChannels.FreshSeconds) - Step);

        await _node.Channels.PushAsync(Town, [message]);

        Assert.Equal(nameof(IImClient.SyncNow), (await _time.AdvanceUntilAsync(ann.NextAsync(), Step)).Target);
    }

    [Fact]
    public async Task Whoever_has_left_gets_nothing_more()
    {
        var (ann, bob) = (await _node.ReaderAsync("ann", Town), await _node.ReaderAsync("bob", Town));

        await _node.Readers.EndAsync(new TimelineMembers(Town, [], ["bob"]));
        await PushAsync(1);

        Assert.Equal([1], ann.Seqs());
        Assert.Empty(bob.Seqs());
    }

    [Fact]
    public async Task An_order_ends_with_its_last_reader()
    {
        var ann = await _node.ReaderAsync("ann", Town);
        await PushAsync(1);
        await _node.Readers.LeaveAsync(ann.Local);
        await PushAsync(2);
        var bob = await _node.ReaderAsync("bob", Town);

        await PushAsync(7); // nobody knows what came before: nothing is waited for

        Assert.Equal([7], bob.Seqs());
        Assert.Equal([1], ann.Seqs());
    }

    [Fact]
    public async Task Whoever_was_removed_before_it_could_follow_does_not_follow()
    {
        var bob = await _node.ReaderAsync("bob");

        await _node.Channels.JoinAsync(bob.Local, [Town], CancellationToken.None);
        await PushAsync(1);

        Assert.Empty(bob.Seqs());
    }

    [Fact]
    public async Task A_connection_that_could_not_follow_follows_with_its_next_sync()
    {
        var ann = await _node.ReaderAsync("ann");
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _node.Readers.FollowAsync(ann.Local, [new TimelineHead(Town, 0)], gone.Token));
        Assert.True(await _node.Readers.FollowAsync(ann.Local, [new TimelineHead(Town, 0)], CancellationToken.None));
        await PushAsync(1);

        Assert.Equal([1], ann.Seqs());
    }

    private async Task<bool> InOrderAsync(int[] first, int[] second)
    {
        await using Node one = new(_time), other = new(_time);
        var (ann, bob) = (await one.ReaderAsync("ann", Town), await other.ReaderAsync("bob", Town));
        foreach (var (node, seqs) in new[] { (one, first), (other, second) })
        {
            foreach (var seq in seqs.Prepend(1))
                await node.Channels.PushAsync(Town, [Message(Town, seq)]);
        }
        var all = Enumerable.Range(1, 41).Select(seq => (long)seq).ToList();
        return ann.Seqs().SequenceEqual(all) && bob.Seqs().SequenceEqual(all);
    }

    private Task PushAsync(params long[] seqs) => _node.Channels.PushAsync(Town, [.. seqs.Select(seq => Message(Town, seq))]);

    private Message Message(string conversationId, long seq) => new(
        conversationId, seq, "carl", "d1", $"{seq}", MessageTypes.Text, JsonElement.Parse("{}"), null, null, _time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>A node without a backplane: it gets every event.</summary>
    private sealed class Node : IAsyncDisposable
    {
        public Node(TimeProvider time)
        {
            Hub = new TestNode(time);
            Channels = new TimelineChannels(Hub.Hub, Hub.Ordered, time, NullLogger<TimelineChannels>.Instance);
            Readers = new TimelineReaders(Hub.Connections, Channels);
        }

        public TestNode Hub { get; }

        public TimelineChannels Channels { get; }

        public TimelineReaders Readers { get; }

        /// <summary>A connection that follows these timelines.</summary>
        public async Task<Reader> ReaderAsync(string userId, params string[] timelines)
        {
            var reader = await Hub.ConnectAsync(userId);
            await Readers.FollowAsync(reader.Local, [.. timelines.Select(conversationId => new TimelineHead(conversationId, 0))], CancellationToken.None);
            return reader;
        }

        public async ValueTask DisposeAsync()
        {
            Channels.Dispose();
            await Hub.DisposeAsync();
        }
    }
}
