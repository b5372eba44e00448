using ImDapr.Contracts;

namespace ImDapr.Chat.Connecting;

public static class WithinExtensions
{
    // A server that asks for something foolish is not obeyed for a day.
    private const int MostSeconds = 300;

    /// <summary>A wait somewhere within the seconds that the server named, so that its clients do not come as one.</summary>
    public static TimeSpan RandomWait(this Within within) =>
        TimeSpan.FromSeconds(Random.Shared.NextDouble() * Math.Clamp(within.WithinSeconds, 0, MostSeconds));
}
