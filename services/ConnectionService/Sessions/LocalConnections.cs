using System.Collections.Concurrent;
using System.Collections.Immutable;
using ImDapr.ConnectionService.Delivery;
using ImDapr.ConnectionService.Telemetry;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Limiting;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Sessions;

/// <summary>A connection that this node holds, and what it gets beside its user's own pushes.</summary>
public sealed record LocalConnection(HubCallerContext Context, string UserId, DeviceSession Session)
{
    /// <summary>The order of its pushes; locked by whoever uses it.</summary>
    public PushOrder Order { get; } = new();

    /// <summary>How many calls it may make now; null before the first.</summary>
    public TokenBucket? Calls { get; set; }

    /// <summary>Users whose presence it watches.</summary>
    public Subscriptions Watched { get; } = new();

    /// <summary>Conversations whose timeline it follows.</summary>
    public Subscriptions Timelines { get; } = new();
}

/// <summary>Names of what a connection subscribes to. Thread-safe: hub calls and events change it.</summary>
public sealed class Subscriptions
{
    private readonly Lock _lock = new();
    private HashSet<string>? _names;

    public bool Contains(string name)
    {
        lock (_lock)
            return _names?.Contains(name) == true;
    }

    /// <summary>These and no others from now on.</summary>
    public (IReadOnlyList<string> Added, IReadOnlyList<string> Removed) Replace(IEnumerable<string> names)
    {
        var now = names.ToHashSet();
        lock (_lock)
        {
            var before = _names ?? [];
            _names = now;
            return ([.. now.Except(before)], [.. before.Except(now)]);
        }
    }

    /// <returns>Whether it was there.</returns>
    public bool Remove(string name)
    {
        lock (_lock)
            return _names?.Remove(name) == true;
    }
}

/// <summary>The connections of this node, so that they can be closed and be told something.</summary>
public sealed class LocalConnections
{
    private readonly ConcurrentDictionary<string, LocalConnection> _byId = new();
    private readonly ConcurrentDictionary<string, ImmutableArray<LocalConnection>> _byUser = new();
    private volatile TaskCompletionSource? _emptied;

    public int Count => _byId.Count;

    public IEnumerable<LocalConnection> All => _byId.Values;

    /// <summary>The connections of a user.</summary>
    public ImmutableArray<LocalConnection> Of(string userId) => _byUser.GetValueOrDefault(userId, []);

    public bool Contains(string connectionId) => _byId.ContainsKey(connectionId);

    public void Add(LocalConnection connection)
    {
        if (!_byId.TryAdd(connection.Session.ConnectionId, connection))
            return;
        _byUser.AddOrUpdate(connection.UserId, [connection], (_, others) => others.Add(connection));
        ConnectionMetrics.Connections.Add(1);
    }

    public void Remove(string connectionId)
    {
        if (_byId.TryRemove(connectionId, out var removed))
        {
            ConnectionMetrics.Connections.Add(-1);
            RemoveOfUser(removed);
        }
        if (_byId.IsEmpty)
            _emptied?.TrySetResult();
    }

    /// <summary>Completes when there is no connection, now or at any moment from now on. For one caller.</summary>
    public Task EmptyAsync(CancellationToken cancellationToken)
    {
        _emptied = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Looked at after the signal is in place: the last one cannot leave unnoticed in between.
        return _byId.IsEmpty ? Task.CompletedTask : _emptied.Task.WaitAsync(cancellationToken);
    }

    /// <summary>What an ended session means here: one connection, or with an empty connection id every one of that device.</summary>
    public IReadOnlyList<LocalConnection> Of(SessionEnded ended)
    {
        if (ended.ConnectionId is { Length: > 0 } id)
            return _byId.TryGetValue(id, out var connection) && IsOf(connection, ended) ? [connection] : [];
        return [.. Of(ended.UserId).Where(connection => IsOf(connection, ended))];
    }

    // Swapped, not locked: an entry goes only as what was read of it.
    private void RemoveOfUser(LocalConnection connection)
    {
        while (_byUser.TryGetValue(connection.UserId, out var before))
        {
            var after = before.Remove(connection);
            var isDone = after.IsEmpty
                ? _byUser.TryRemove(new KeyValuePair<string, ImmutableArray<LocalConnection>>(connection.UserId, before))
                : _byUser.TryUpdate(connection.UserId, after, before);
            if (isDone)
                return;
        }
    }

    private static bool IsOf(LocalConnection connection, SessionEnded ended) =>
        connection.UserId == ended.UserId && connection.Session.DeviceId == ended.DeviceId;
}
