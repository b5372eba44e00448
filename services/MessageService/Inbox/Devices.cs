using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Inbox;

/// <param name="Cursor">Last position that the device acknowledged.</param>
/// <param name="SeenAt">Unix milliseconds, UTC, of its last call, to the hour.</param>
/// <param name="ConnectionId">Its live connection, or null.</param>
/// <param name="NodeId">Node of that connection.</param>
public sealed record DeviceEntry(string Platform, long Cursor, long SeenAt, string? ConnectionId = null, string? NodeId = null);

/// <summary>A user's devices as they are stored.</summary>
/// <param name="Epoch">Epoch of the inbox that the cursors belong to.</param>
/// <param name="Released">Up to here the entities were told that this user's devices have them.</param>
/// <param name="Delivered">Up to here delivered marks were raised.</param>
public sealed record DevicesState(string Epoch, long Released, long Delivered, Dictionary<string, DeviceEntry> ById);

/// <summary>A user's devices: how far each has acknowledged, and which connection it holds. Without I/O.</summary>
public sealed class Devices(DevicesState state)
{
    /// <summary>Devices of one user. Beyond it the one that was not seen for longest goes: ids are the client's, and may be a new one each time.</summary>
    public const int Most = 100;

    // One write an hour for a device that only reads; the rest of its writes come with its cursor.
    private static readonly long SeenPrecision = (long)TimeSpan.FromHours(1).TotalMilliseconds;
    private readonly Dictionary<string, DeviceEntry> _byId = state.ById;
    private string _epoch = state.Epoch;

    public Devices() : this(new DevicesState("", 0, 0, []))
    {
    }

    public IReadOnlyDictionary<string, DeviceEntry> ById => _byId;

    /// <summary>Whether there is something to save.</summary>
    public bool IsChanged { get; private set; }

    public long Released { get; private set; } = state.Released;
    public long Delivered { get; private set; } = state.Delivered;

    /// <summary>Nodes that hold a connection of a device.</summary>
    public IEnumerable<string> OnlineNodes => _byId.Values.Where(device => device.ConnectionId is not null).Select(device => device.NodeId ?? "");

    /// <summary>Last position of this epoch that all devices have acknowledged and that everybody was told of.</summary>
    public long Told(string epoch) => epoch == _epoch ? Math.Min(SmallestCursor, Math.Min(Released, Delivered)) : 0;

    /// <summary>What every device holds; 0 when there is none, so nothing is trimmed for a user who has never connected.</summary>
    public long SmallestCursor => _byId.Count == 0 ? 0 : _byId.Values.Min(device => device.Cursor);

    /// <summary>What some device holds.</summary>
    public long LargestCursor => _byId.Count == 0 ? 0 : _byId.Values.Max(device => device.Cursor);

    /// <summary>In an inbox of another epoch positions mean something else: every device starts over.</summary>
    public void Enter(string epoch)
    {
        if (epoch == _epoch)
            return;
        _epoch = epoch;
        (Released, Delivered) = (0, 0);
        foreach (var (id, device) in _byId.ToList())
            _byId[id] = device with { Cursor = 0 };
    }

    /// <summary>The newest connection of a device wins, and of devices that the login policy keeps apart the newest.</summary>
    public SessionOpened Open(DeviceSession session, SessionsOptions policy, long now)
    {
        var excluded = _byId
            .Where(device => device.Key != session.DeviceId && device.Value.ConnectionId is not null && policy.Excludes(device.Value.Platform, session.Platform))
            .Select(device => Session(device.Key, device.Value)).ToArray();
        foreach (var other in excluded)
            Close(other);
        var known = _byId.GetValueOrDefault(session.DeviceId);
        Put(session.DeviceId, new DeviceEntry(session.Platform, known?.Cursor ?? 0, now, session.ConnectionId, session.NodeId));
        var isReplaced = known?.ConnectionId is { } older && older != session.ConnectionId;
        return new SessionOpened(isReplaced ? Session(session.DeviceId, known!) : null, excluded.Length == 0 ? null : excluded);
    }

    /// <summary>A device that is connected, but of whose connection nothing is known: what was known was lost.</summary>
    public void Remember(DeviceSession session, long now)
    {
        if (_byId.GetValueOrDefault(session.DeviceId) is { ConnectionId: not null })
            Seen(session.DeviceId, session.Platform, now);
        else
            Open(session, new SessionsOptions(), now);
    }

    /// <summary>Ends this connection; a newer one of the same device stays.</summary>
    public void Close(DeviceSession session)
    {
        if (_byId.GetValueOrDefault(session.DeviceId) is { } device && device.ConnectionId == session.ConnectionId)
            Put(session.DeviceId, device with { ConnectionId = null, NodeId = null });
    }

    /// <summary>A device calls.</summary>
    public void Seen(string deviceId, string platform, long now)
    {
        var device = _byId.GetValueOrDefault(deviceId);
        if (device is null)
            Put(deviceId, new DeviceEntry(platform, 0, now));
        else if (now - device.SeenAt > SeenPrecision)
            Put(deviceId, device with { SeenAt = now });
    }

    /// <summary>Raises a device's cursor; it never falls.</summary>
    public void Acknowledge(string deviceId, string platform, long position, long now)
    {
        Seen(deviceId, platform, now);
        if (_byId[deviceId] is var device && position > device.Cursor)
            Put(deviceId, device with { Cursor = position, SeenAt = now });
    }

    /// <summary>The device is signed out: it holds nothing any more.</summary>
    public void Drop(string deviceId) => IsChanged |= _byId.Remove(deviceId);

    /// <summary>Drops devices that were not seen since. When one comes back it is served if its position is still kept.</summary>
    public void DropUnseenSince(long time)
    {
        foreach (var (id, _) in _byId.Where(device => device.Value.SeenAt < time).ToList())
            Drop(id);
    }

    /// <summary>
    /// What was told of the cursors. Saved with the next change and not by itself: told twice is harmless, and after a crash it is told again.
    /// </summary>
    public void Settle(long released, long delivered) =>
        (Released, Delivered) = (Math.Max(Released, released), Math.Max(Delivered, delivered));

    public byte[] Write() =>
        ContractsJson.Write(new DevicesState(_epoch, Released, Delivered, _byId));

    public static Devices Read(ReadOnlySpan<byte> text) => new(JsonSerializer.Deserialize<DevicesState>(text, ContractsJson.Wire)!);

    /// <summary>What is there now is saved.</summary>
    public void Saved() => IsChanged = false;

    private void Put(string deviceId, DeviceEntry device)
    {
        IsChanged = true;
        _byId[deviceId] = device;
        if (_byId.Count > Most)
            Drop(_byId.Where(other => other.Key != deviceId).MinBy(other => other.Value.SeenAt).Key);
    }

    private static DeviceSession Session(string deviceId, DeviceEntry device) =>
        new(deviceId, device.Platform, device.ConnectionId ?? "", device.NodeId ?? "");
}
