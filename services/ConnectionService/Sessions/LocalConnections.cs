using System.Collections.Concurrent;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Sessions;

/// <summary>A connection that this node holds.</summary>
public sealed record LocalConnection(HubCallerContext Context, string UserId, DeviceSession Session);

/// <summary>The connections of this node, so that they can be closed and be told something without the backplane.</summary>
public sealed class LocalConnections
{
    private readonly ConcurrentDictionary<string, LocalConnection> _byId = new();

    public int Count => _byId.Count;

    public IEnumerable<LocalConnection> All => _byId.Values;

    public bool Contains(string connectionId) => _byId.ContainsKey(connectionId);

    public void Add(LocalConnection connection) => _byId[connection.Session.ConnectionId] = connection;

    public void Remove(string connectionId) => _byId.TryRemove(connectionId, out _);

    /// <summary>What an ended session means here: one connection, or with an empty connection id every one of that device.</summary>
    public IReadOnlyList<LocalConnection> Of(SessionEnded ended)
    {
        if (ended.ConnectionId is { Length: > 0 } id)
            return _byId.TryGetValue(id, out var connection) && IsOf(connection, ended) ? [connection] : [];
        return [.. _byId.Values.Where(connection => IsOf(connection, ended))];
    }

    private static bool IsOf(LocalConnection connection, SessionEnded ended) =>
        connection.UserId == ended.UserId && connection.Session.DeviceId == ended.DeviceId;
}
