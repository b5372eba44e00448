using System.Collections.Concurrent;
using System.Text.Json;
using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Sessions;
using ImDapr.ConnectionService.Telemetry;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;
using StackExchange.Redis;

namespace ImDapr.ConnectionService.Delivery;

/// <summary>
/// Channels of the backplane, each heard by this node while one of its connections follows it: one message reaches the followers on all nodes, whatever their
/// number. Without a backplane it reaches those of this node.
/// </summary>
/// <typeparam name="T">What the channels carry.</typeparam>
/// <param name="kind">Before the name of a channel, and of SignalR's group of its followers here.</param>
/// <param name="hub">The connections of this node.</param>
/// <param name="time">For the patience with clients that do not read.</param>
/// <param name="logger">Of the kind.</param>
/// <param name="link">Null: there is no backplane.</param>
public abstract partial class FollowedChannels<T>(string kind, HubLifetimeManager<ImHub> hub, TimeProvider time, ILogger logger, BackplaneLink? link) : IDisposable
    where T : class
{
    private readonly ConcurrentDictionary<string, Followed> _followed = new();

    // So that a channel is heard exactly while somebody follows it.
    private readonly SemaphoreSlim _changing = new(1, 1);

    /// <summary>What connections of this node follow.</summary>
    public IEnumerable<string> Names => _followed.Keys;

    /// <summary>Makes the connection follow these and no others: whatever is pushed there from now on reaches it.</summary>
    /// <param name="connection">A connection of this node.</param>
    /// <param name="names">All that it follows.</param>
    /// <param name="connectionAborted">The end of the connection, before it leaves what it follows.</param>
    /// <returns>Whether it follows one that it did not follow before.</returns>
    public async Task<bool> FollowAsync(LocalConnection connection, IEnumerable<string> names, CancellationToken connectionAborted)
    {
        var (added, removed) = NamesOf(connection).Replace(names);
        await LeaveAsync(connection, removed);
        await JoinAsync(connection, added, connectionAborted);
        return added.Count > 0;
    }

    /// <summary>Lets the connection follow what it names.</summary>
    public async Task JoinAsync(LocalConnection connection, IReadOnlyList<string> names, CancellationToken connectionAborted)
    {
        if (names.Count == 0)
            return;
        Task[] joins = [];
        try
        {
            await _changing.WaitAsync(connectionAborted);
            try
            {
                // Together: Redis takes them in one go.
                joins = [.. names.Select(name => JoinAsync(connection, name, connectionAborted))];
                await Task.WhenAll(joins);
            }
            finally
            {
                _changing.Release();
            }
        }
        finally
        {
            // So that the next call tries them again.
            foreach (var (i, name) in names.Index().Where(place => joins.Length == 0 || !joins[place.Index].IsCompletedSuccessfully))
                NamesOf(connection).Remove(name);
        }
    }

    /// <summary>The connection, which names this no more, gets nothing of it from now on.</summary>
    public Task LeaveAsync(LocalConnection connection, string name) => LeaveAsync(connection, [name]);

    /// <summary>The connection has gone.</summary>
    public Task LeaveAsync(LocalConnection connection) => LeaveAsync(connection, NamesOf(connection).Replace([]).Removed);

    /// <summary>Reaches all who follow the name, on all nodes; without a backplane those of this one.</summary>
    public async Task PushAsync(string name, T message)
    {
        if (link is null)
        {
            await PushHereAsync(name, message);
            return;
        }
        var redis = await link.ConnectAsync();
        await redis.GetSubscriber().PublishAsync(ChannelOf(name), ContractsJson.Write(message));
    }

    /// <summary>Reaches those who follow the name on this node.</summary>
    public Task PushHereAsync(string name, T message) => _followed.TryGetValue(name, out var followed) ? followed.Write(message) : Task.CompletedTask;

    public void Dispose()
    {
        _changing.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>What the connection follows, or is about to.</summary>
    protected abstract Subscriptions NamesOf(LocalConnection connection);

    /// <summary>What writes a message to the followers here, from the first of them to the last: what it knows of a channel ends with it.</summary>
    protected abstract Func<T, Task> Open(string name);

    /// <summary>Calls the clients that follow the name here; serialised once for all of them.</summary>
    protected Task CallAsync(string name, string method, object argument) => hub.SendGroupAsync(Group(name), method, [argument]);

    private async Task JoinAsync(LocalConnection connection, string name, CancellationToken connectionAborted)
    {
        // It was taken away, or the connection went, while this one waited.
        if (!NamesOf(connection).Contains(name))
            return;
        if (!_followed.TryGetValue(name, out var followed))
            _followed[name] = followed = new Followed(Open(name), await ListenAsync(name));
        followed.ConnectionIds.Add(connection.Session.ConnectionId);
        await hub.AddToGroupAsync(connection.Session.ConnectionId, Group(name), connectionAborted);
    }

    private async Task LeaveAsync(LocalConnection connection, IReadOnlyList<string> names)
    {
        if (names.Count == 0)
            return;
        // Whatever becomes of the caller: a channel that nobody leaves would be heard for ever.
        await _changing.WaitAsync(CancellationToken.None);
        try
        {
            await Task.WhenAll(names.Select(name => EndAsync(connection, name)));
        }
        finally
        {
            _changing.Release();
        }
    }

    private async Task EndAsync(LocalConnection connection, string name)
    {
        if (!_followed.TryGetValue(name, out var followed) || !followed.ConnectionIds.Remove(connection.Session.ConnectionId))
            return;
        await hub.RemoveFromGroupAsync(connection.Session.ConnectionId, Group(name), CancellationToken.None);
        if (followed.ConnectionIds.Count > 0 || !_followed.TryRemove(name, out _))
            return;
        try
        {
            await (followed.Channel?.UnsubscribeAsync() ?? Task.CompletedTask);
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            // What still comes finds nobody.
            LogStillHeard(away, Group(name));
        }
    }

    private async Task<ChannelMessageQueue?> ListenAsync(string name)
    {
        if (link is null)
            return null;
        var subscriber = (await link.ConnectAsync()).GetSubscriber();
        try
        {
            var channel = await subscriber.SubscribeAsync(ChannelOf(name));
            channel.OnMessage(message => HearAsync(name, message.Message));
            return channel;
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            // What is left of the attempt would begin to collect messages when Redis is back, for nobody.
            await subscriber.UnsubscribeAsync(ChannelOf(name), flags: CommandFlags.FireAndForget);
            throw;
        }
    }

    private async Task HearAsync(string name, RedisValue text)
    {
        try
        {
            var write = PushHereAsync(name, JsonSerializer.Deserialize<T>(((ReadOnlyMemory<byte>)text).Span, ContractsJson.Wire)!);
            await write.WaitAsync(DeliveryHandler.PushTimeout, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ConnectionMetrics.PushFailures.Add(write.IsCompletedSuccessfully ? 0 : 1);
        }
        catch (JsonException unreadable)
        {
            // Of a node of another version: a push is a hint.
            LogUnreadable(unreadable, Group(name));
        }
    }

    private string Group(string name) => $"{kind}:{name}";

    // The prefix is the connection's.
    private RedisChannel ChannelOf(string name) => RedisChannel.Literal($":{kind}:{name}");

    [LoggerMessage(2306, LogLevel.Warning, "What another node has sent to {Channel} cannot be read")]
    private partial void LogUnreadable(Exception unreadable, string channel);

    [LoggerMessage(2307, LogLevel.Warning, "The backplane is away: {Channel}, which nobody follows here, could not be left")]
    private partial void LogStillHeard(Exception away, string channel);

    private sealed record Followed(Func<T, Task> Write, ChannelMessageQueue? Channel)
    {
        public HashSet<string> ConnectionIds { get; } = [];
    }
}
