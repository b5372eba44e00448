using ImDapr.LocalDapr.Resources;

namespace ImDapr.UnitTests.LocalDapr;

/// <summary>What the component tests of all kinds need: specs as a sidecar gets them, waiting for a condition, a private folder.</summary>
public static class Components
{
    /// <summary>No condition here takes longer than a second; a busy machine may.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Of a name given twice the last value counts.</summary>
    public static ComponentSpec Spec(string type, string folder, params (string Name, string Value)[] metadata) =>
        new ComponentSpec("component", type, new Dictionary<string, string>(), "test.yaml", "app", folder).With(metadata);

    public static ComponentSpec With(this ComponentSpec spec, params (string Name, string Value)[] metadata)
    {
        var all = new Dictionary<string, string>(spec.Metadata, StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in metadata)
            all[name] = value;
        return spec with { Metadata = all };
    }

    /// <summary>What a handler does that never ends by itself.</summary>
    public static Task UntilCancelledAsync(CancellationToken cancellationToken) => new TaskCompletionSource().Task.WaitAsync(cancellationToken);
}
