namespace ImDapr.Chaos;

/// <summary>What the command line asks for.</summary>
/// <param name="Seed">Chooses the victims and who writes to whom.</param>
/// <param name="IsShort">The few faults that run with every change.</param>
/// <param name="IsEmbedded">SQLite and process faults, instead of Redis and MariaDB.</param>
/// <param name="Previous">A built checkout of an older version, which the run replaces by this one; null: faults instead.</param>
/// <param name="Only">Only faults whose name contains this.</param>
/// <param name="Messages">Acknowledged messages in all; after the last fault people talk on until there are as many.</param>
/// <param name="Limit">The run is broken off, and failed, after this time.</param>
internal sealed record ChaosOptions(int Seed, bool IsShort, bool IsEmbedded, string? Previous, string? Only, int Messages, TimeSpan Limit);
