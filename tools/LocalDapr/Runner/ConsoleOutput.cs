namespace ImDapr.LocalDapr.Runner;

/// <summary>Lines of many processes on one console, each with its app's name; coloured when a person looks.</summary>
public sealed class ConsoleOutput
{
    private static readonly int[] Colours = [36, 32, 33, 35, 34, 96, 92, 93];

    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _colours = [];
    private readonly bool _coloured = !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null;

    public void Line(string name, string text)
    {
        lock (_gate)
        {
            var prefix = name.PadRight(20);
            Console.Out.WriteLine(_coloured ? $"\e[{Colour(name)}m{prefix}\e[0m| {text}" : $"{prefix}| {text}");
        }
    }

    /// <summary>A line without a name, for what a person should see.</summary>
    public void Say(string text)
    {
        lock (_gate)
            Console.Out.WriteLine(text);
    }

    public void Error(string text)
    {
        lock (_gate)
            Console.Error.WriteLine(_coloured ? $"\e[31m{text}\e[0m" : text);
    }

    private int Colour(string name)
    {
        if (!_colours.TryGetValue(name, out var colour))
            _colours[name] = colour = Colours[_colours.Count % Colours.Length];
        return colour;
    }
}

/// <summary>LocalDapr's own log, on the same console.</summary>
public sealed class ConsoleOutputLoggerProvider(ConsoleOutput output) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new OutputLogger(output);

    public void Dispose() => GC.SuppressFinalize(this);

    private sealed class OutputLogger(ConsoleOutput output) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                output.Line("localdapr", $"{logLevel}: {formatter(state, exception)}{(exception is null ? "" : $": {exception.GetType().Name}: {exception.Message}")}");
        }
    }
}
