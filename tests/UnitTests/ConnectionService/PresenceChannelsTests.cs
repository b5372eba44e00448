using ImDapr.ConnectionService.Delivery;
using ImDapr.ConnectionService.Presence;
using ImDapr.Contracts;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class PresenceChannelsTests : IAsyncLifetime
{
    private readonly TestNode _node = new(TimeProvider.System);
    private readonly PresenceChannels _channels;

    public PresenceChannelsTests() => _channels = new PresenceChannels(_node.Hub, TimeProvider.System, NullLogger<PresenceChannels>.Instance);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        _channels.Dispose();
        await _node.DisposeAsync();
    }

    [Fact]
    public async Task Watchers_are_told_of_those_whom_they_watch()
    {
        Reader ann = await WatcherAsync("ann", "carl", "dave"), bob = await WatcherAsync("bob", "dave");

        await PushAsync("carl");

        Assert.Equal(["carl"], UserIds(ann));
        Assert.Empty(UserIds(bob));
    }

    [Fact]
    public async Task Watching_others_ends_what_was_watched_before()
    {
        var ann = await WatcherAsync("ann", "carl", "dave");

        Assert.True(await _channels.FollowAsync(ann.Local, ["dave", "eve"], CancellationToken.None));
        Assert.False(await _channels.FollowAsync(ann.Local, ["dave", "eve"], CancellationToken.None));
        await PushAsync("carl", "dave", "eve");

        Assert.Equal(["dave", "eve"], UserIds(ann));
        Assert.Equal(["dave", "eve"], _channels.Names.Order());
    }

    [Fact]
    public async Task A_channel_ends_with_its_last_watcher()
    {
        Reader ann = await WatcherAsync("ann", "carl"), bob = await WatcherAsync("bob", "carl");

        await _channels.LeaveAsync(ann.Local);
        await PushAsync("carl");
        Assert.Equal(["carl"], _channels.Names);
        await _channels.LeaveAsync(bob.Local);

        Assert.Empty(UserIds(ann));
        Assert.Equal(["carl"], UserIds(bob));
        Assert.Empty(_channels.Names);
    }

    [Fact]
    public async Task A_channel_that_could_not_be_heard_is_followed_by_nobody_and_tried_again()
    {
        using var nowhere = new BackplaneLink(Backplane.From("127.0.0.1:1,connectTimeout=100,connectRetry=0"));
        using var channels = new PresenceChannels(_node.Hub, TimeProvider.System, NullLogger<PresenceChannels>.Instance, nowhere);
        var ann = await _node.ConnectAsync("ann");

        for (var tries = 0; tries < 2; tries++)
        {
            await Assert.ThrowsAnyAsync<RedisException>(() => channels.FollowAsync(ann.Local, ["carl", "dave"], CancellationToken.None));
            Assert.False(ann.Local.Watched.Contains("carl") || ann.Local.Watched.Contains("dave"));
            Assert.Empty(channels.Names);
        }
        await channels.LeaveAsync(ann.Local);
    }

    private async Task<Reader> WatcherAsync(string userId, params string[] watched)
    {
        var watcher = await _node.ConnectAsync(userId);
        await _channels.FollowAsync(watcher.Local, watched, CancellationToken.None);
        return watcher;
    }

    private async Task PushAsync(params string[] userIds)
    {
        foreach (var userId in userIds)
            await _channels.PushAsync(userId, new UserPresence(userId, true, ["web"]));
    }

    private static IEnumerable<string> UserIds(Reader watcher) => watcher.Written().Select(written => ((UserPresence)written.Arguments[0]!).UserId);
}
