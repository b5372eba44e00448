using System.Text.Json;
using System.Text.Json.Serialization;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Inbox;

/// <param name="Cursor">Last position that the device acknowledged; text, because daprd bends numbers of actor state.</param>
/// <param name="ConnectionId">Its live connection, or null.</param>
/// <param name="NodeId">Node of that connection.</param>
public sealed record DeviceEntry(
    string Platform,
    [property: JsonNumberHandling(JsonNumberHandling.WriteAsString | JsonNumberHandling.AllowReadingFromString)] long Cursor,
    string? ConnectionId,
    string? NodeId);

/// <summary>A user's devices: how far each has acknowledged, and which connection it holds. Without I/O.</summary>
public sealed class Devices(Dictionary<string, DeviceEntry> byId)
{
    public IReadOnlyDictionary<string, DeviceEntry> ById => byId;

    public bool AnyOnline => byId.Values.Any(device => device.ConnectionId is not null);

    /// <summary>What every device holds; 0 when there is none, so nothing is trimmed for a user who has never connected.</summary>
    public long SmallestCursor => byId.Count == 0 ? 0 : byId.Values.Min(device => device.Cursor);

    /// <summary>The newest connection of a device wins.</summary>
    /// <returns>The session that it replaces, or null.</returns>
    public DeviceSession? Open(DeviceSession session)
    {
        var known = byId.GetValueOrDefault(session.DeviceId);
        byId[session.DeviceId] = new DeviceEntry(session.Platform, known?.Cursor ?? 0, session.ConnectionId, session.NodeId);
        return known?.ConnectionId is { } older && older != session.ConnectionId
            ? new DeviceSession(session.DeviceId, known.Platform, older, known.NodeId ?? "")
            : null;
    }

    /// <summary>Ends this connection; a newer one of the same device stays.</summary>
    /// <returns>Whether anything changed.</returns>
    public bool Close(DeviceSession session)
    {
        if (byId.GetValueOrDefault(session.DeviceId) is not { } device || device.ConnectionId != session.ConnectionId)
            return false;
        byId[session.DeviceId] = device with { ConnectionId = null, NodeId = null };
        return true;
    }

    /// <summary>Raises a device's cursor; it never falls.</summary>
    /// <returns>Whether it rose.</returns>
    public bool Acknowledge(string deviceId, long position)
    {
        var device = byId.GetValueOrDefault(deviceId) ?? new DeviceEntry("", 0, null, null);
        if (byId.ContainsKey(deviceId) && position <= device.Cursor)
            return false;
        byId[deviceId] = device with { Cursor = Math.Max(position, device.Cursor) };
        return true;
    }

    /// <summary>After a rebuild positions mean something else: every device starts over.</summary>
    public void ForgetCursors()
    {
        foreach (var id in byId.Keys.ToList())
            byId[id] = byId[id] with { Cursor = 0 };
    }

    public string Write() => JsonSerializer.Serialize(byId, ContractsJson.Wire);

    public static Devices Read(string text) => new(JsonSerializer.Deserialize<Dictionary<string, DeviceEntry>>(text, ContractsJson.Wire)!);
}
