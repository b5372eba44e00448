namespace ImDapr.LoadTests.Modes;

/// <summary>What <see cref="IdleMode"/> and <see cref="ConnectStormMode"/> are asked for.</summary>
/// <param name="Connections">Users with one device each.</param>
/// <param name="Opening">Connections that may be opening at once.</param>
/// <param name="Idle">That is measured when they all stand; zero for a storm.</param>
internal sealed record ConnectionsOptions(int Connections, int Opening, TimeSpan Idle)
{
    /// <summary>Of the connections, those that are opened before anything is measured: what runs for the first time costs more.</summary>
    public int First => Math.Min(500, Connections / 10);

    public int Measured => Connections - First;

    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>
    {
        ["connections"] = $"{Connections}, each of a user of its own, {Opening} opening at once; the first {First} are not measured",
        ["idle"] = $"{Idle.TotalSeconds:0} s measured: heartbeats and pings, nobody writes",
    };
}
