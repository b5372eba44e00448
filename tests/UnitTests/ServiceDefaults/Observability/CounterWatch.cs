using System.Diagnostics.Metrics;

namespace ImDapr.UnitTests.ServiceDefaults.Observability;

/// <summary>How much a counter rises.</summary>
internal sealed class CounterWatch : IDisposable
{
    private static readonly AsyncLocal<CounterWatch?> Caller = new();

    private readonly MeterListener _listener = new();
    private readonly TaskCompletionSource _risen = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _rise;

    private CounterWatch(string name, string? label, Func<CounterWatch, bool> isMeant)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == name)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, labels, _) =>
        {
            if (isMeant(this) && (label is null || labels.ToArray().Any(one => Equals(one.Value, label))))
                Rose(value);
        });
        _listener.Start();
    }

    /// <summary>So much in all.</summary>
    public long Rise => Interlocked.Read(ref _rise);

    /// <summary>By what the caller calls from now on. Other tests of this process raise the same counters at the same time.</summary>
    public static CounterWatch OfCaller(string name, string? label = null) =>
        Caller.Value = new CounterWatch(name, label, watch => Caller.Value == watch);

    /// <summary>By whatever this process does: of a label that no other test has.</summary>
    public static CounterWatch OfProcess(string name, string label) => new(name, label, _ => true);

    public Task RisenAsync() => _risen.Task.WaitAsync(TimeSpan.FromSeconds(20));

    public void Dispose() => _listener.Dispose();

    private void Rose(long value)
    {
        Interlocked.Add(ref _rise, value);
        _risen.TrySetResult();
    }
}
