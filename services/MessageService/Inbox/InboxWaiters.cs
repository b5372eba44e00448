using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Inbox;

/// <summary>Those who poll at this instance and wait for their inbox to grow. A device waits once: its newer poll ends the older.</summary>
public sealed class InboxWaiters(IOptions<InboxOptions> options)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Dictionary<string, InboxWaiter>> _byUser = [];
    private int _count;

    /// <summary>Begins to wait: what happens from now on is not missed. Null when too many wait here.</summary>
    public InboxWaiter? Begin(string userId, string deviceId)
    {
        lock (_gate)
        {
            var older = _byUser.GetValueOrDefault(userId)?.GetValueOrDefault(deviceId);
            if (older is null && _count >= options.Value.MaxPolls)
                return null;
            older?.Supersede();
            var waiter = new InboxWaiter(this, userId, deviceId);
            if (!_byUser.TryGetValue(userId, out var devices))
                _byUser.Add(userId, devices = []);
            devices[deviceId] = waiter;
            _count += older is null ? 1 : 0;
            return waiter;
        }
    }

    /// <summary>These inboxes have grown.</summary>
    public void Wake(IEnumerable<string> userIds)
    {
        lock (_gate)
        {
            foreach (var waiter in userIds.Where(_byUser.ContainsKey).SelectMany(userId => _byUser[userId].Values))
                waiter.Wake();
        }
    }

    internal void End(InboxWaiter waiter)
    {
        lock (_gate)
        {
            if (_byUser.GetValueOrDefault(waiter.UserId) is not { } devices || devices.GetValueOrDefault(waiter.DeviceId) != waiter)
                return;
            devices.Remove(waiter.DeviceId);
            if (devices.Count == 0)
                _byUser.Remove(waiter.UserId);
            _count--;
        }
    }
}

/// <summary>One poll that waits.</summary>
public sealed class InboxWaiter(InboxWaiters waiters, string userId, string deviceId) : IDisposable
{
    // At most one word waits: whoever was woken looks at the whole inbox.
    private readonly SemaphoreSlim _words = new(0, 1);
    private volatile bool _isSuperseded;

    public string UserId => userId;
    public string DeviceId => deviceId;

    /// <summary>A newer poll of the device has taken over.</summary>
    public bool IsSuperseded => _isSuperseded;

    /// <summary>Waits until something has happened since it was last asked, or for this long.</summary>
    public Task WaitAsync(TimeSpan most, CancellationToken cancellationToken) => _words.WaitAsync(most, cancellationToken);

    public void Dispose()
    {
        waiters.End(this);
        _words.Dispose();
    }

    internal void Supersede()
    {
        _isSuperseded = true;
        Wake();
    }

    // Called under the registry's lock, so never by two at once, and never after End.
    internal void Wake()
    {
        if (_words.CurrentCount == 0)
            _words.Release();
    }
}
