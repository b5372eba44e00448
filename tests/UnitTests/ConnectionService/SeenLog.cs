using Microsoft.Extensions.Logging;

namespace ImDapr.UnitTests.ConnectionService;

/// <summary>A log that remembers the ids of its events.</summary>
internal sealed class SeenLog<T> : ILogger<T>
{
    public List<int> EventIds { get; } = [];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        EventIds.Add(eventId.Id);
}
