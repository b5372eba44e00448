using Dapr.Client;
using ImDapr.ServiceDefaults.Observability;

namespace ImDapr.MessageService.Inbox;

/// <summary>One user's devices as this actor remembers them; memory never runs ahead of the store.</summary>
/// <remarks>devices-{userId}   <see cref="DevicesState"/> as JSON, compared and swapped</remarks>
public sealed class StoredDevices(DaprClient dapr, string userId)
{
    private const int MaxTries = 10;
    private readonly SwappedKey _key = new(dapr, $"devices-{userId}");
    private Devices? _devices;

    public async ValueTask<Devices> GetAsync(CancellationToken cancellationToken)
    {
        if (_devices is not null)
            return _devices;
        var stored = await _key.ReadAsync(cancellationToken);
        return _devices = stored is { } text ? Devices.Read(text.Span) : new Devices();
    }

    /// <summary>Changes the devices, and saves them if anything changed.</summary>
    /// <param name="change">May be asked several times, each time with what is stored by then.</param>
    public async Task<Devices> ChangeAsync(Action<Devices> change, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await TryChangeAsync(change, cancellationToken) is { } changed)
                return changed;
            ServiceMetrics.CountConflict("devices");
        }
        throw new TimeoutException($"The devices of {userId} were changed {MaxTries} times by others meanwhile");
    }

    private async Task<Devices?> TryChangeAsync(Action<Devices> change, CancellationToken cancellationToken)
    {
        var (devices, isSaved) = (await GetAsync(cancellationToken), false);
        try
        {
            change(devices);
            isSaved = !devices.IsChanged || await _key.TrySaveAsync(devices.Write(), cancellationToken);
            if (!isSaved)
                return null;
            devices.Saved();
            return devices;
        }
        finally
        {
            if (!isSaved)
                _devices = null;
        }
    }
}
