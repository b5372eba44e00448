using System.Text;
using Dapr.Client;
using ImDapr.ServiceDefaults.Observability;

namespace ImDapr.MessageService.Inbox;

/// <summary>One user's devices as this actor remembers them; memory never runs ahead of the store.</summary>
/// <remarks>devices-{userId}   <see cref="DevicesState"/> as JSON, compared and swapped</remarks>
public sealed class StoredDevices(DaprClient dapr, string userId) : IBatchedKey
{
    private const int MaxTries = 10;
    private readonly SwappedKey _key = new(dapr, $"devices-{userId}");
    private Devices? _devices;

    public async ValueTask<Devices> GetAsync(CancellationToken cancellationToken)
    {
        if (_devices is not null)
            return _devices;
        return Take(await _key.ReadAsync(cancellationToken));
    }

    public string Key => _key.Key;

    /// <summary>Whether a change can be saved without reading before.</summary>
    public bool IsRemembered => _devices is not null && _key.IsKnown;

    /// <summary>The devices, so that <see cref="IsRemembered"/>: none are begun with an empty value.</summary>
    public async ValueTask<Devices> KnownAsync(CancellationToken cancellationToken)
    {
        for (var tries = 0; !IsRemembered && tries < MaxTries; tries++)
        {
            Forget();
            if (await GetAsync(cancellationToken) is var devices && !_key.IsKnown)
            {
                await _key.TrySaveAsync(devices.Write(), cancellationToken);
                Forget();
            }
        }
        return IsRemembered ? _devices! : throw LostTooOften();
    }

    public void Forget() => _devices = null;

    /// <summary>Reads what others have written since.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (_devices is null)
            return;
        if (await _key.ReadAgainAsync(cancellationToken) is (true, var stored))
            Take(stored);
    }

    public Task<bool> AdoptAsync(string value, string etag, CancellationToken cancellationToken)
    {
        if (_key.Adopt(value, etag) && _devices is not null)
            return Task.FromResult(false);
        var wasRemembered = _devices is not null;
        Take(Encoding.UTF8.GetBytes(value));
        return Task.FromResult(wasRemembered);
    }

    // First forgotten, as of an inbox: its ETag is known by now, and what cannot be read must not be written over.
    private Devices Take(ReadOnlyMemory<byte>? stored)
    {
        Forget();
        return _devices = stored is { } text ? Devices.Read(text.Span) : new Devices();
    }

    /// <summary>Only when <see cref="IsRemembered"/>.</summary>
    public StateTransactionRequest Save() => _key.Swap(_devices!.Write());

    /// <summary>The transaction took place: this is what is stored now.</summary>
    public Devices Saved(StateTransactionRequest saved)
    {
        _key.Swapped(saved.Value!);
        _devices!.Saved();
        return _devices;
    }

    /// <summary>Changes the devices, and saves them if anything changed.</summary>
    /// <param name="change">May be asked several times, each time with what is stored by then.</param>
    public Task<Devices> ChangeAsync(Action<Devices> change, CancellationToken cancellationToken) => ChangeAsync(
        all =>
        {
            change(all);
            return Task.CompletedTask;
        },
        cancellationToken);

    /// <inheritdoc cref="ChangeAsync(Action{Devices}, CancellationToken)"/>
    public async Task<Devices> ChangeAsync(Func<Devices, Task> change, CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await TryChangeAsync(change, cancellationToken) is { } changed)
                return changed;
            ServiceMetrics.CountConflict("devices");
        }
        throw LostTooOften();
    }

    private TimeoutException LostTooOften() => new($"The devices of {userId} were changed {MaxTries} times by others meanwhile");

    private async Task<Devices?> TryChangeAsync(Func<Devices, Task> change, CancellationToken cancellationToken)
    {
        var (devices, isSaved) = (await GetAsync(cancellationToken), false);
        try
        {
            await change(devices);
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
