namespace ImDapr.LocalDapr.Policies;

/// <summary>An error that carries the status with which an app refused, so that a policy's <c>matching</c> can decide on it.</summary>
public interface IStatusError
{
    /// <summary>HTTP status (100 to 599) or gRPC status (0 to 16).</summary>
    int StatusCode { get; }
}

/// <summary>How often and how long apart a failed call is made again.</summary>
/// <param name="MaxRetries">-1: for ever.</param>
/// <param name="HttpCodes">HTTP statuses that are worth another try; null: all.</param>
/// <param name="GrpcCodes">gRPC statuses that are worth another try; null: all.</param>
public sealed record RetryPolicy(
    bool Exponential, TimeSpan Duration, TimeSpan MaxInterval, int MaxRetries, StatusCodeRanges? HttpCodes = null, StatusCodeRanges? GrpcCodes = null)
{
    // The settings of daprd's exponential policies that a file cannot change: start, growth, random part, and the end of all patience.
    private const double Growth = 1.5;
    private const double RandomPart = 0.5;
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    /// <summary>Whether an error of this kind is tried again at all.</summary>
    public bool Covers(Exception error) => error is not IStatusError { StatusCode: var code }
        || (code <= 16 ? GrpcCodes : HttpCodes) is not { } codes || codes.Contains(code);

    /// <summary>Wait before the n-th retry (from 1), or null when it is given up.</summary>
    /// <param name="elapsed">Since the first try.</param>
    /// <param name="random">From 0 to 1: where in its random range an exponential wait falls.</param>
    public TimeSpan? Delay(int retry, TimeSpan elapsed, double random)
    {
        if ((MaxRetries >= 0 && retry > MaxRetries) || (Exponential && elapsed > Patience))
            return null;
        if (!Exponential)
            return Duration;
        var mean = Math.Min(MaxInterval.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(Growth, Math.Min(retry - 1, 40)));
        return TimeSpan.FromMilliseconds(mean * (1 - RandomPart + (2 * RandomPart * random)));
    }
}

/// <summary>Status codes as a policy's <c>matching</c> lists them: <c>429,500-599</c>.</summary>
public sealed class StatusCodeRanges
{
    private readonly List<(int From, int To)> _ranges = [];

    /// <exception cref="FormatException">A code is no number or out of range.</exception>
    public StatusCodeRanges(string text, int least, int most)
    {
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var ends = part.Split('-');
            if (ends.Length > 2 || !int.TryParse(ends[0], out var from) || !int.TryParse(ends[^1], out var to) || from < least || to > most || to < from)
                throw new FormatException($"'{part}' is no status code or range between {least} and {most}");
            _ranges.Add((from, to));
        }
    }

    public bool Contains(int code) => _ranges.Exists(range => range.From <= code && code <= range.To);
}
