using System.Collections.Concurrent;

namespace ImDapr.LocalDapr.Resources;

/// <summary>A component as a sidecar gets it: templates expanded, references resolved, scopes already applied.</summary>
/// <param name="Name">Name by which apps call it.</param>
/// <param name="Type">For example <c>state.redis</c>.</param>
/// <param name="Metadata">Values by name; names are case-insensitive.</param>
/// <param name="File">File it was read from, for messages; with line and column where they are known.</param>
/// <param name="AppId">App of the sidecar that loads it.</param>
/// <param name="WorkingFolder">Folder against which relative paths in metadata are resolved (that of dapr.yaml).</param>
public sealed record ComponentSpec(
    string Name, string Type, IReadOnlyDictionary<string, string> Metadata, string File, string AppId, string WorkingFolder)
{
    private readonly ConcurrentDictionary<string, bool> _read = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Where each metadata entry stands, by name.</summary>
    public IReadOnlyDictionary<string, string> Places { get; init; } = new Dictionary<string, string>();

    public string Version { get; init; } = "v1";

    /// <summary>Metadata that nobody has asked for: it has no effect.</summary>
    public IEnumerable<string> Unread => Metadata.Keys.Where(name => !_read.ContainsKey(name));

    public string? Find(string name)
    {
        _read[name] = true;
        return Metadata.TryGetValue(name, out var value) && value.Length > 0 ? value : null;
    }

    /// <exception cref="ComponentException">The value is missing.</exception>
    public string Require(string name) =>
        Find(name) ?? throw new ComponentException($"{File}: component {Name} ({Type}) needs metadata '{name}'");
}

/// <summary>A component cannot be loaded or used as written; the message names the file.</summary>
public sealed class ComponentException(string message, Exception? inner = null) : Exception(message, inner);
