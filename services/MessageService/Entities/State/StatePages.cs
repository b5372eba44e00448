using Dapr;
using ImDapr.ServiceDefaults.Observability;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Entities.State;

/// <summary>Pages in the state store, changed by compare and swap.</summary>
public sealed class StatePages(StateClient state, IOptions<StorageOptions> options) : IDisposable
{
    // Within an instance changes of a page queue up, so only other instances race; losing so often means that something else is wrong.
    private const int MaxSwaps = 50;
    private readonly SemaphoreSlim[] _stripes = [.. Enumerable.Range(0, 64).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>The pages that exist.</summary>
    public async Task<IReadOnlyDictionary<long, Page>> ReadAsync(string conversationId, IReadOnlyCollection<long> pages, CancellationToken cancellationToken)
    {
        var found = await state.GetManyAsync<Page>([.. pages.Select(page => StateKeys.Page(conversationId, page))], cancellationToken);
        return pages
            .Select(page => (Page: page, found[StateKeys.Page(conversationId, page)].Value))
            .Where(page => page.Value is not null)
            .ToDictionary(page => page.Page, page => page.Value!);
    }

    /// <summary>Before the head leaves them out.</summary>
    public async Task SaveMarksAsync(string conversationId, Head head, CancellationToken cancellationToken)
    {
        foreach (var (page, marks) in head.FullPages())
            await ChangeAsync(conversationId, page, before => before.Marks is null ? before with { Marks = marks } : before, cancellationToken);
    }

    /// <summary>Changes a page; <paramref name="change"/> may be asked several times, and gives the same page when nothing is to change.</summary>
    /// <returns>The page after it.</returns>
    public async Task<Page> ChangeAsync(string conversationId, long page, Func<Page, Page> change, CancellationToken cancellationToken)
    {
        var key = StateKeys.Page(conversationId, page);
        var stripe = _stripes[(uint)key.GetHashCode(StringComparison.Ordinal) % _stripes.Length];
        await stripe.WaitAsync(cancellationToken);
        try
        {
            return await SwapAsync(key, change, cancellationToken);
        }
        finally
        {
            stripe.Release();
        }
    }

    private async Task<Page> SwapAsync(string key, Func<Page, Page> change, CancellationToken cancellationToken)
    {
        for (var swaps = 0; swaps < MaxSwaps; swaps++)
        {
            var stored = await state.GetAsync<Page>(key, cancellationToken);
            var before = stored.Value ?? Page.Empty;
            var after = change(before);
            if (ReferenceEquals(before, after) || await TrySaveAsync(key, after, stored.ETag, isFirst: swaps == 0, cancellationToken))
                return after;
            ServiceMetrics.CountConflict("page");
        }
        throw new TimeoutException($"{key} was written by others {MaxSwaps} times in a row");
    }

    // Each write begins the page's time anew: it outlives every entity of its seqs.
    private async Task<bool> TrySaveAsync(string key, Page page, string etag, bool isFirst, CancellationToken cancellationToken)
    {
        try
        {
            return await state.TrySaveAsync(key, page, etag, options.Value.EntityTtl, cancellationToken);
        }
        catch (DaprException) when (etag.Length == 0 && isFirst)
        {
            // A store on MySQL refuses to create a key whose expired row it has not cleaned up yet.
            await state.DeleteAsync([key], cancellationToken);
            return false;
        }
    }

    public void Dispose() => Array.ForEach(_stripes, stripe => stripe.Dispose());
}
