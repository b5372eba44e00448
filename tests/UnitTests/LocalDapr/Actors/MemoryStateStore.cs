using System.Collections.Concurrent;
using System.Text;
using ImDapr.LocalDapr.State;

namespace ImDapr.UnitTests.LocalDapr.Actors;

/// <summary>Values by key, and how many transactions wrote them.</summary>
internal sealed class MemoryStateStore : IStateStore
{
    private readonly ConcurrentDictionary<string, byte[]> _values = new();

    public Exception? Failure { get; set; }

    public int Transactions { get; private set; }

    public string? this[string key]
    {
        get => _values.TryGetValue(key, out var value) ? Encoding.UTF8.GetString(value) : null;
        set => _values[key] = Encoding.UTF8.GetBytes(value!);
    }

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken) => Failure is null
        ? Task.FromResult(_values.TryGetValue(key, out var value) ? new StateEntry(value, "1") : null)
        : Task.FromException<StateEntry?>(Failure);

    public Task WriteAsync(StateWrite write, CancellationToken cancellationToken) => TransactAsync([write], cancellationToken);

    public Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken)
    {
        if (Failure is not null)
            return Task.FromException(Failure);

        Transactions++;
        foreach (var write in writes)
        {
            if (write.Value is null)
                _values.TryRemove(write.Key, out _);
            else
                _values[write.Key] = write.Value;
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
