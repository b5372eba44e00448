using System.Collections.Concurrent;
using System.Text.Json;
using ImDapr.ConnectionService.Delivery;
using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Sessions;
using ImDapr.ConnectionService.Telemetry;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;
using StackExchange.Redis;

namespace ImDapr.ConnectionService.Timelines;

/// <summary>
/// Pushes of timelines: one message on the conversation's own channel of the backplane, whatever the number of members. A node hears the channel while one of its
/// connections follows the timeline, and writes what it hears in the order of the conversation: whichever nodes took the events, each has to put it in order anyway
/// (docs/decisions/0019).
/// </summary>
/// <param name="readers">The connections of this node, in SignalR's groups.</param>
public sealed partial class TimelineChannels(
    DefaultHubLifetimeManager<ImHub> readers, OrderedPushes pushes, TimeProvider time, ILogger<TimelineChannels> logger, BackplaneLink? link = null) : IDisposable
{
    /// <summary>
    /// Seconds for which a timeline message may be pushed. Who joined since it was sent might be among those who get the push, so later its
    /// readers are told to sync instead: a sync knows from which seq each may see.
    /// </summary>
    public const int FreshSeconds = 5;

    private readonly ConcurrentDictionary<string, Followed> _followed = new();

    // So that a channel is listened to exactly while somebody follows it. SignalR changes its subscriptions one by one too.
    private readonly SemaphoreSlim _changing = new(1, 1);

    /// <summary>Lets the connection follow a timeline that it names (<see cref="LocalConnection.Timelines"/>): whatever is published from now on reaches it.</summary>
    /// <param name="connection">A connection of this node.</param>
    /// <param name="conversationId">The timeline.</param>
    /// <param name="connectionAborted">The end of the connection, before it leaves what it follows.</param>
    public async Task JoinAsync(LocalConnection connection, string conversationId, CancellationToken connectionAborted)
    {
        await _changing.WaitAsync(connectionAborted);
        try
        {
            // The user was removed, or the connection went, while this one waited.
            if (!connection.Timelines.Contains(conversationId))
                return;
            if (!_followed.TryGetValue(conversationId, out var followed))
                _followed[conversationId] = followed = new Followed(await ListenAsync(conversationId));
            followed.ConnectionIds.Add(connection.Session.ConnectionId);
            await readers.AddToGroupAsync(connection.Session.ConnectionId, Group(conversationId), connectionAborted);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>The connection, which names the timeline no more, gets nothing of it from now on.</summary>
    public async Task LeaveAsync(LocalConnection connection, string conversationId)
    {
        // Whatever becomes of the caller: a channel that nobody leaves would be heard for ever.
        await _changing.WaitAsync(CancellationToken.None);
        try
        {
            if (!_followed.TryGetValue(conversationId, out var followed) || !followed.ConnectionIds.Remove(connection.Session.ConnectionId))
                return;
            await readers.RemoveFromGroupAsync(connection.Session.ConnectionId, Group(conversationId), CancellationToken.None);
            if (followed.ConnectionIds.Count == 0 && _followed.TryRemove(conversationId, out _))
                await EndAsync(followed);
        }
        finally
        {
            _changing.Release();
        }
    }

    /// <summary>Pushes to all who follow the timeline, on all nodes; without a backplane to those of this one, for every node gets every event.</summary>
    /// <param name="conversationId">The timeline.</param>
    /// <param name="messages">Of this conversation, by ascending seq.</param>
    public async Task PushAsync(string conversationId, Message[] messages)
    {
        if (link is null)
        {
            await WriteInOrder(conversationId, messages);
            return;
        }
        var redis = await link.ConnectAsync();
        await redis.GetSubscriber().PublishAsync(ChannelOf(conversationId), JsonSerializer.SerializeToUtf8Bytes(messages, ContractsJson.Wire));
    }

    public void Dispose() => _changing.Dispose();

    private async Task<ChannelMessageQueue?> ListenAsync(string conversationId)
    {
        if (link is null)
            return null;
        var subscriber = (await link.ConnectAsync()).GetSubscriber();
        try
        {
            var channel = await subscriber.SubscribeAsync(ChannelOf(conversationId));
            channel.OnMessage(message => HearAsync(conversationId, message.Message));
            return channel;
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            // What is left of the attempt would begin to collect messages when Redis is back, for nobody.
            await subscriber.UnsubscribeAsync(ChannelOf(conversationId), flags: CommandFlags.FireAndForget);
            throw;
        }
    }

    private async Task EndAsync(Followed followed)
    {
        try
        {
            await (followed.Channel?.UnsubscribeAsync() ?? Task.CompletedTask);
        }
        catch (Exception away) when (away is RedisException or TimeoutException)
        {
            // What still comes finds nobody.
            LogStillHeard(away);
        }
    }

    private async Task HearAsync(string conversationId, RedisValue text)
    {
        try
        {
            var messages = JsonSerializer.Deserialize<Message[]>(((ReadOnlyMemory<byte>)text).Span, ContractsJson.Wire)!;
            var write = WriteInOrder(conversationId, messages);
            await write.WaitAsync(DeliveryHandler.PushTimeout, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            ConnectionMetrics.PushFailures.Add(write.IsCompletedSuccessfully ? 0 : 1);
        }
        catch (JsonException unreadable)
        {
            // Of a node of another version: the devices find by their seqs what they lack.
            LogUnreadable(unreadable);
        }
    }

    private Task WriteInOrder(string conversationId, Message[] messages) => _followed.TryGetValue(conversationId, out var followed)
        ? pushes.Push(followed.Order, [.. messages.Select(message => new InboxEntry(message.Seq, message))], entries => Write(conversationId, entries))
        : Task.CompletedTask;

    private Task Write(string conversationId, IReadOnlyList<InboxEntry> entries)
    {
        Message[] messages = [.. entries.Select(entry => entry.Message)];
        var isFresh = time.GetUtcNow().ToUnixTimeMilliseconds() - messages.Min(message => message.SentAt) <= FreshSeconds * 1000;
        return isFresh
            ? readers.SendGroupAsync(Group(conversationId), nameof(IImClient.DeliverTimeline), [messages])
            : readers.SendGroupAsync(Group(conversationId), nameof(IImClient.SyncNow), [new Within(FreshSeconds)]);
    }

    private static string Group(string conversationId) => $"timeline:{conversationId}";

    // The prefix is the connection's.
    private static RedisChannel ChannelOf(string conversationId) => RedisChannel.Literal($":timeline:{conversationId}");

    [LoggerMessage(2306, LogLevel.Warning, "A timeline message of another node cannot be read; its readers will sync")]
    private partial void LogUnreadable(Exception unreadable);

    [LoggerMessage(2307, LogLevel.Warning, "The backplane is away: the channel of a timeline that nobody follows here could not be left")]
    private partial void LogStillHeard(Exception away);

    /// <summary>A timeline that connections of this node follow. It ends with the last of them, and what is known of its order with it.</summary>
    private sealed record Followed(ChannelMessageQueue? Channel)
    {
        public PushOrder Order { get; } = new();

        public HashSet<string> ConnectionIds { get; } = [];
    }
}
