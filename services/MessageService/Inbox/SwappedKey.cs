using System.Globalization;
using System.Text;
using Dapr;
using Dapr.Client;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Inbox;

/// <summary>
/// One key of the state store that is only ever compared and swapped by its ETag, and what is known of it between writes. During a partition two
/// actors of a user may live: whoever did not see the other's write is refused, and has to read again.
/// </summary>
/// <remarks>
/// The SDK does not tell the ETag that a write gave. state.redis counts writes, so there the next one is known; any other store is read again
/// before the next write. A wrong guess is refused, so guessing is safe.
/// </remarks>
public sealed class SwappedKey(DaprClient dapr, string key)
{
    private static readonly StateOptions FirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite };
    private string? _etag;
    private byte[]? _written;

    public string Key => key;

    /// <summary>The value, or null when there is none.</summary>
    public async Task<ReadOnlyMemory<byte>?> ReadAsync(CancellationToken cancellationToken)
    {
        var (value, etag) = await dapr.GetByteStateAndETagAsync(DaprNames.StateStore, key, cancellationToken: cancellationToken);
        (_etag, _written) = (string.IsNullOrEmpty(etag) ? null : etag, null);
        // Not just null: that would become an empty value, since an array converts to memory.
        return value.IsEmpty ? default(ReadOnlyMemory<byte>?) : value;
    }

    /// <summary>Reads again.</summary>
    /// <returns>Whether it is another value than the one that was known, and the value.</returns>
    public async Task<(bool IsNew, ReadOnlyMemory<byte>? Value)> ReadAgainAsync(CancellationToken cancellationToken)
    {
        var (etag, written) = (_etag, _written);
        var value = await ReadAsync(cancellationToken);
        var isKnown = value is { } found && ((_etag is not null && _etag == etag) || (written is not null && found.Span.SequenceEqual(written)));
        return (!isKnown, value);
    }

    /// <summary>Whether a write needs no read before it.</summary>
    public bool IsKnown => _etag is not null;

    /// <summary>Takes what somebody read for many keys at once.</summary>
    /// <returns>Whether it is what was known here already.</returns>
    public bool Adopt(string value, string etag)
    {
        var isKnown = _etag == etag || (_written is not null && Encoding.UTF8.GetBytes(value).AsSpan().SequenceEqual(_written));
        (_etag, _written) = (etag, null);
        return isKnown;
    }

    /// <summary>The write as a part of a transaction over many keys. Only when <see cref="IsKnown"/>.</summary>
    public StateTransactionRequest Swap(byte[] value) => new(key, value, StateOperationType.Upsert, _etag);

    /// <summary>The transaction took place.</summary>
    public void Swapped(byte[] value)
    {
        _etag = Next(_etag);
        _written = _etag is null ? value : null;
    }

    /// <summary>Writes what follows from the value that was read or written last.</summary>
    /// <returns>False when somebody else has written since, or may have: read again.</returns>
    public async Task<bool> TrySaveAsync(byte[] value, CancellationToken cancellationToken)
    {
        if (_written is not null && !await FindETagAsync(_written, cancellationToken))
            return false;
        var saved = _etag is null
            ? await TryCreateAsync(value, cancellationToken)
            : await dapr.TrySaveByteStateAsync(DaprNames.StateStore, key, value, _etag, cancellationToken: cancellationToken);
        (_etag, _written) = saved ? (_etag, _written) : (null, null);
        if (saved)
            Swapped(value);
        return saved;
    }

    private async Task<bool> FindETagAsync(byte[] written, CancellationToken cancellationToken) =>
        await ReadAsync(cancellationToken) is { } value && _etag is not null && value.Span.SequenceEqual(written);

    // Stores differ in how they refuse who comes second (dapr-contract 2.4, 2.5), so whether there is something now decides.
    private async Task<bool> TryCreateAsync(byte[] value, CancellationToken cancellationToken)
    {
        try
        {
            await dapr.SaveByteStateAsync(DaprNames.StateStore, key, value, FirstWrite, cancellationToken: cancellationToken);
            return true;
        }
        catch (DaprException)
        {
            if (await ReadAsync(cancellationToken) is null)
                throw;
            return false;
        }
    }

    private static string? Next(string? etag) =>
        long.TryParse(etag, NumberStyles.None, CultureInfo.InvariantCulture, out var version)
            ? (version + 1).ToString(CultureInfo.InvariantCulture)
            : null;
}
