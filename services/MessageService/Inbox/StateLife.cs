using System.Text;
using Dapr;
using Dapr.Client;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Inbox;

/// <summary>
/// Tells a state store that has lost everything from the one before. <c>state.redis</c> accepts any ETag for a key that is gone: an instance that
/// remembers an inbox, and perhaps not its last entries, would write it there and give positions a second time. So every inbox carries the name of the life
/// in which it was begun, and one of another life is replaced by one of a new epoch (I6).
/// </summary>
/// <remarks>inbox:life   a random name; whoever finds none gives one</remarks>
public sealed class StateLife(DaprClient dapr, TimeProvider time) : IDisposable
{
    private const string Key = "inbox:life";
    private const int MaxTries = 5;
    private static readonly TimeSpan Recent = TimeSpan.FromMilliseconds(100);
    private static readonly StateOptions FirstWrite = new() { Concurrency = ConcurrencyMode.FirstWrite };

    // All who come to an empty store would begin a life, and all but one be refused: so many errors in a row open the circuit breaker of the store.
    private readonly SemaphoreSlim _beginning = new(1, 1);
    private volatile string? _known;
    private long _read;

    /// <summary>The life that it is now.</summary>
    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            if (await FindAsync(cancellationToken) is { } life)
                return life;
            await BeginAsync(cancellationToken);
        }
        throw new TimeoutException("The state store does not keep what is written");
    }

    /// <summary>
    /// The life that it was a moment ago, for those who ask all the time. What is written in between into a new life still carries the name of the
    /// old one, and is found out by it.
    /// </summary>
    public ValueTask<string> RecentAsync(CancellationToken cancellationToken) =>
        _known is { } known && time.GetElapsedTime(Interlocked.Read(ref _read)) < Recent ? new(known) : new(ReadAsync(cancellationToken));

    private async Task<string?> FindAsync(CancellationToken cancellationToken)
    {
        var asked = time.GetTimestamp();
        var found = await dapr.GetByteStateAsync(DaprNames.StateStore, Key, cancellationToken: cancellationToken);
        if (found.IsEmpty)
            return null;
        Interlocked.Exchange(ref _read, asked);
        return _known = Encoding.UTF8.GetString(found.Span);
    }

    /// <summary>Whether an inbox was begun in the life that it is now.</summary>
    public async ValueTask<bool> IsNowAsync(string life, CancellationToken cancellationToken) =>
        life == _known || life == await ReadAsync(cancellationToken);

    // Another instance may begin it meanwhile; if the store is away, reading says so.
    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        await _beginning.WaitAsync(cancellationToken);
        try
        {
            if (await FindAsync(cancellationToken) is null)
                await dapr.SaveByteStateAsync(
                    DaprNames.StateStore, Key, Encoding.UTF8.GetBytes(Guid.NewGuid().ToString("N")[..12]), FirstWrite, cancellationToken: cancellationToken);
        }
        catch (DaprException)
        {
        }
        finally
        {
            _beginning.Release();
        }
    }

    public void Dispose() => _beginning.Dispose();
}
