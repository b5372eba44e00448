using ImDapr.Chaos.Processes;
using ImDapr.Chaos.Traffic;

namespace ImDapr.Chaos.Faults;

/// <summary>What a fault may lay hands on.</summary>
internal sealed record Scene(ChaosSystem System, Crowd Crowd, Random Random)
{
    private readonly List<string> _complaints = [];

    public Stores Stores => System.Stores ?? throw new InvalidOperationException("this fault needs Redis and MariaDB");

    /// <summary>Something that this fault promised to bear and did not; the run goes on.</summary>
    public void Complain(string what) => _complaints.Add(what);

    public string[] TakeComplaints()
    {
        string[] complaints = [.. _complaints];
        _complaints.Clear();
        return complaints;
    }
}

/// <summary>Something that goes wrong while people talk, and is over when the task ends.</summary>
/// <param name="Name">As it stands in the table.</param>
/// <param name="RunAsync">Breaks, waits, mends.</param>
/// <param name="NeedsServers">It has no meaning on the embedded stack.</param>
internal sealed record Fault(string Name, Func<Scene, CancellationToken, Task> RunAsync, bool NeedsServers = false)
{
    /// <summary>The stacks whose short form it is part of.</summary>
    public ShortForm Short { get; init; }
}

/// <summary>The short form of a stack: what runs with every change.</summary>
[Flags]
internal enum ShortForm
{
    None = 0,
    Servers = 1,
    Embedded = 2,
    Both = Servers | Embedded,
}
