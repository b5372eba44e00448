namespace ImDapr.LoadTests.Measuring;

/// <summary>The processes of the system under load: the children of this one and theirs, by the names that the report uses.</summary>
internal sealed class Processes
{
    public const string Generator = "generator";

    private static readonly (string Part, string Name)[] Known =
    [
        ("ImDapr.ConnectionService.dll", "connection-service"), ("ImDapr.MessageService.dll", "message-service"), ("ImDapr.UserService.dll", "user-service"),
        ("ImDapr.LocalDapr.dll", "LocalDapr"), ("redis-server", "Redis"), ("mariadbd", "MariaDB"), ("ImDapr.LoadTests.dll\0bare", "bare hub"),
    ];

    private readonly List<(string Name, int Id)> _all;

    private Processes(List<(string, int)> all) => _all = all;

    /// <summary>Names, the generator last.</summary>
    public IEnumerable<string> Names => _all.Select(process => process.Name);

    /// <summary>Looks who runs now.</summary>
    public static Processes Find()
    {
        var parents = new Dictionary<int, int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && TryRead(() => ProcessUsage.ParentOf(id), out var parent))
                parents[id] = parent;
        }
        var found = new List<(string, int)>();
        foreach (var (part, name) in Known)
            found.AddRange(parents.Keys.Where(id => IsOurs(id, parents) && CommandOf(id).Contains(part, StringComparison.Ordinal)).Select(id => (name, id)));
        found.Add((Generator, Environment.ProcessId));
        return new Processes(found);
    }

    /// <summary>What each has used up to now.</summary>
    public IReadOnlyDictionary<string, ProcessUsage> Usage()
    {
        var usage = new Dictionary<string, ProcessUsage>();
        foreach (var (name, id) in _all)
        {
            var one = ProcessUsage.Of(id);
            var before = usage.GetValueOrDefault(name);
            usage[name] = new ProcessUsage(before.CpuSeconds + one.CpuSeconds, before.ResidentBytes + one.ResidentBytes);
        }
        return usage;
    }

    private static bool IsOurs(int id, Dictionary<int, int> parents)
    {
        while (parents.TryGetValue(id, out var parent))
        {
            if (parent == Environment.ProcessId)
                return true;
            id = parent;
        }
        return false;
    }

    private static string CommandOf(int id) => TryRead(() => File.ReadAllText($"/proc/{id}/cmdline"), out var command) ? command : "";

    // A process of this machine may end while it is looked at.
    private static bool TryRead<T>(Func<T> read, out T value)
    {
        try
        {
            value = read();
            return true;
        }
        catch (IOException)
        {
            value = default!;
            return false;
        }
    }
}
