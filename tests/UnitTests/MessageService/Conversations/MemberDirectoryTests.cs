using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.FanOut;
using ImDapr.ServiceDefaults.Sql;
using ImDapr.UnitTests.MessageService.Entities;
using Microsoft.Extensions.Options;

namespace ImDapr.UnitTests.MessageService.Conversations;

/// <summary>A read that began before a change ends after this instance was told of it: what it saw is not remembered.</summary>
public sealed class MemberDirectoryTests : IClassFixture<StoreSidecar>, IDisposable
{
    private readonly string _group = ConversationId.Group(Guid.NewGuid().ToString("N"));
    private readonly StateCalls _calls = new();
    private readonly DaprClient _dapr;
    private readonly MemberStore _store;
    private readonly MemberDirectory _directory;

    public MemberDirectoryTests(StoreSidecar sidecar)
    {
        _dapr = sidecar.Client(_calls);
        _store = new MemberStore(sidecar.Shards());
        // What these tests ask for is all in the store: nothing needs to be reconciled.
        _directory = new MemberDirectory(new MemberStore(new SqlShards([new SqlClient(_dapr)])), null!, _dapr, Options.Create(new FanOutOptions()));
    }

    [Fact]
    public async Task That_a_group_is_a_timeline_is_known_as_soon_as_it_is_told()
    {
        var early = await OvertakenAsync(
            () => _directory.PolicyAsync(_group, CancellationToken.None),
            () => _store.SetTimelineAsync([_group], TimelineState.Now, CancellationToken.None),
            () => _directory.Forget(_group));

        Assert.Equal(FanOutPolicy.Reference, early);
        Assert.Equal(FanOutPolicy.Timeline, await _directory.PolicyAsync(_group, CancellationToken.None));
    }

    [Fact]
    public async Task Who_came_to_a_group_is_known_as_soon_as_it_is_told()
    {
        await AddAsync("ann");

        var early = await OvertakenAsync(
            () => _directory.MembersAsync(_group, CancellationToken.None), () => AddAsync("bob"), () => _directory.Forget(_group));

        Assert.Equal(["ann"], early.ByUser.Keys);
        Assert.Equal(["ann", "bob"], (await _directory.MembersAsync(_group, CancellationToken.None)).ByUser.Keys.Order());
    }

    [Fact]
    public async Task How_a_conversation_of_two_stands_for_a_user_is_known_as_soon_as_it_is_told()
    {
        var pair = ConversationId.Direct("ann", Guid.NewGuid().ToString("N"));
        await _store.AddAsync([Member("ann", pair)], CancellationToken.None);

        var early = await OvertakenAsync(
            () => _directory.MembersAsync([pair], CancellationToken.None),
            () => _store.WriteSettingsAsync("ann", pair, muted: true, null, null, CancellationToken.None),
            () => _directory.Forget(pair));

        Assert.False(early[pair].ByUser["ann"].IsMuted);
        Assert.True((await _directory.MembersAsync([pair], CancellationToken.None))[pair].ByUser["ann"].IsMuted);
    }

    [Fact]
    public async Task How_a_timeline_stands_for_a_reader_is_known_as_soon_as_it_is_told()
    {
        await _store.SetTimelineAsync([_group], TimelineState.Now, CancellationToken.None);
        await AddAsync("ann");
        await _directory.PolicyAsync(_group, CancellationToken.None); // so that nothing but the membership is read

        var early = await OvertakenAsync(
            () => _directory.FindAsync(_group, "ann", CancellationToken.None),
            () => _store.WriteSettingsAsync("ann", _group, muted: true, null, null, CancellationToken.None),
            () => _directory.Forget(_group, ["ann"]));

        Assert.False(early!.IsMuted);
        Assert.True((await _directory.FindAsync(_group, "ann", CancellationToken.None))!.IsMuted);
    }

    public void Dispose()
    {
        _directory.Dispose();
        _dapr.Dispose();
    }

    /// <summary>Reads; when the store has answered and before the answer arrives, changes what was read and tells the directory.</summary>
    private async Task<T> OvertakenAsync<T>(Func<Task<T>> read, Func<Task> change, Action tell)
    {
        var (answered, goOn) = (new TaskCompletionSource(), new TaskCompletionSource());
        _calls.Answered = () =>
        {
            answered.TrySetResult();
            return goOn.Task;
        };
        var reading = read();
        await answered.Task;
        await change();
        tell();
        _calls.Answered = null;
        goOn.SetResult();
        return await reading;
    }

    private Task AddAsync(string userId) => _store.AddAsync([Member(userId, _group)], CancellationToken.None);

    private static Membership Member(string userId, string conversationId) =>
        new(userId, conversationId, Roles.Member, JoinSeq: 1, LeftSeq: 0, ReadSeq: 0, ClearedSeq: 0, Version: 0);
}
