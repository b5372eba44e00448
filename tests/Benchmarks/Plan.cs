namespace ImDapr.Benchmarks;

/// <param name="WarmUp">Before every measurement.</param>
/// <param name="Duration">Of every measurement.</param>
/// <param name="Rounds">Measurements of every hop, in turn with its floor; the medians are printed.</param>
internal sealed record Plan(TimeSpan WarmUp, TimeSpan Duration, int Rounds);
