using Dapr;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Observability;

namespace ImDapr.MessageService.Inbox;

/// <summary>A key whose value is compared and swapped together with others.</summary>
public interface IBatchedKey
{
    string Key { get; }

    /// <summary>Takes what was read for many keys at once.</summary>
    /// <returns>Whether somebody else had written it since it was known here.</returns>
    Task<bool> AdoptAsync(string value, string etag, CancellationToken cancellationToken);

    /// <summary>Saving what it holds now.</summary>
    StateTransactionRequest Save();

    /// <summary>Whether it was saved is not known: it is read again.</summary>
    void Forget();
}

/// <summary>Reads many keys with one call, and swaps many with one transaction.</summary>
/// <remarks>
/// Not <c>SaveBulkStateAsync</c>: the SDK sends that without the API token. On Redis a transaction does not roll back: after a refusal any of its swaps
/// may have taken place, so all of its keys are read again, and every change here may be applied again.
/// </remarks>
internal sealed class StateBatch(DaprClient dapr, int savedTogether)
{
    // Most that a transaction carries, below the 4 MiB of Dapr's messages; a read of a hundred tails of copies is not above it either.
    private const int MaxBytes = Limits.BatchBytes;
    private const int ReadTogether = 100;

    /// <returns>How many of them others had written.</returns>
    public async Task<int> ReadAsync(IEnumerable<IBatchedKey> keys, CancellationToken cancellationToken)
    {
        var written = 0;
        foreach (var part in keys.Chunk(ReadTogether))
        {
            var items = await dapr.GetBulkStateAsync(DaprNames.StateStore, [.. part.Select(key => key.Key)], ReadTogether, cancellationToken: cancellationToken);
            var byKey = part.ToDictionary(key => key.Key);
            foreach (var item in items)
            {
                // Nothing may mean an error, which the SDK does not tell: such a key is read by itself when it is needed.
                if (!string.IsNullOrEmpty(item.Value) && !string.IsNullOrEmpty(item.ETag) && await byKey[item.Key].AdoptAsync(item.Value, item.ETag, cancellationToken))
                    written++;
            }
        }
        return written;
    }

    /// <param name="what">What they are, for the count of conflicts.</param>
    /// <param name="changes">What is to be saved, and the key that it is.</param>
    /// <param name="saved">What follows for each that was saved; it does not throw.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Those that may not be saved: somebody else has written one of their transaction meanwhile.</returns>
    public async Task<List<T>> SaveAsync<T>(
        string what, IReadOnlyList<(T Change, IBatchedKey Key)> changes, Func<T, StateTransactionRequest, Task> saved, CancellationToken cancellationToken)
    {
        // All at once: the keys of each are others, and the store works on one while the next is on its way.
        var again = await Task.WhenAll(Parts(changes).Select(async part =>
        {
            if (await TrySaveAsync(part.ConvertAll(save => save.Request), cancellationToken))
            {
                await Task.WhenAll(part.Select(save => saved(save.Change, save.Request)));
                return [];
            }
            ServiceMetrics.CountConflict(what);
            part.ForEach(save => save.Key.Forget());
            return part.ConvertAll(save => save.Change);
        }));
        return [.. again.SelectMany(changes => changes)];
    }

    private async Task<bool> TrySaveAsync(List<StateTransactionRequest> requests, CancellationToken cancellationToken)
    {
        try
        {
            await dapr.ExecuteStateTransactionAsync(DaprNames.StateStore, requests, cancellationToken: cancellationToken);
            return true;
        }
        catch (DaprException)
        {
            // Which of them took place is not told. If the store is away, reading says so.
            return false;
        }
    }

    private IEnumerable<List<(T Change, IBatchedKey Key, StateTransactionRequest Request)>> Parts<T>(IReadOnlyList<(T Change, IBatchedKey Key)> changes)
    {
        var part = new List<(T, IBatchedKey, StateTransactionRequest)>();
        var bytes = 0;
        foreach (var (change, key) in changes)
        {
            var request = key.Save();
            if (part.Count > 0 && (part.Count == savedTogether || bytes + request.Value!.Length > MaxBytes))
            {
                yield return part;
                part = [];
                bytes = 0;
            }
            part.Add((change, key, request));
            bytes += request.Value!.Length;
        }
        if (part.Count > 0)
            yield return part;
    }
}
