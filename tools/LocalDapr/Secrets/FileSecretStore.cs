using System.Text.Json;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Secrets;

/// <summary><c>secretstores.local.file</c>: a JSON object, read once at the start.</summary>
/// <remarks>
/// By default every value is a secret, named by its path: <c>{"redis": {"password": "x"}, "keys": ["y"]}</c> holds <c>redis:password</c> and
/// <c>keys:0</c>. With <c>multiValued</c> each entry of the object is a secret, with the values below it; a list or a number there is left out.
/// </remarks>
internal sealed class FileSecretStore(ComponentSpec spec) : ISecretStore
{
    private readonly string _file = Path.Combine(spec.WorkingFolder, spec.Require("secretsFile"));
    private readonly string _separator = spec.Find("nestedSeparator") ?? ":";
    private readonly bool _multiValued = spec.Flag("multiValued");
    private Dictionary<string, IReadOnlyDictionary<string, string>> _secrets = [];

    public async Task InitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var file = File.OpenRead(_file);
            using var json = await JsonDocument.ParseAsync(file, cancellationToken: cancellationToken);
            // What Go reads from null is an object without entries.
            if (json.RootElement.ValueKind is not JsonValueKind.Null)
                _secrets = _multiValued ? Entries(json.RootElement) : Values(json.RootElement);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new ComponentException($"{spec.File}: component {spec.Name} ({spec.Type}): {_file}: {error.Message}", error);
        }
    }

    public Task<IReadOnlyDictionary<string, string>?> GetAsync(string name, CancellationToken cancellationToken) => _secrets.TryGetValue(name, out var secret)
        ? Task.FromResult<IReadOnlyDictionary<string, string>?>(secret)
        : throw new SecretStoreException($"secret {name} not found");

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(_secrets);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private Dictionary<string, IReadOnlyDictionary<string, string>> Values(JsonElement root) =>
        Flatten(root).ToDictionary(pair => pair.Key, pair => One(pair.Key, pair.Value));

    private Dictionary<string, IReadOnlyDictionary<string, string>> Entries(JsonElement root)
    {
        var secrets = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        foreach (var (name, value) in Properties(root))
        {
            if (value.ValueKind == JsonValueKind.String)
                secrets[name] = One(name, value.GetString()!);
            else if (value.ValueKind == JsonValueKind.Object)
                secrets[name] = Flatten(value);
        }
        return secrets;
    }

    private static IReadOnlyDictionary<string, string> One(string name, string value) => new Dictionary<string, string> { [name] = value };

    private Dictionary<string, string> Flatten(JsonElement root)
    {
        var values = new Dictionary<string, string>();
        foreach (var (name, value) in Properties(root))
            Add(values, name, value);
        return values;
    }

    private void Add(Dictionary<string, string> values, string path, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Object)
        {
            foreach (var (name, inner) in Properties(value))
                Add(values, path + _separator + name, inner);
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (var (index, inner) in value.EnumerateArray().Index())
                Add(values, $"{path}{_separator}{index}", inner);
        }
        // daprd's component would stop reading here, and in no particular order: some secrets would be missing, others at the next start.
        else if (!values.TryAdd(path, GoSecretText.Of(value)))
            throw new JsonException($"two values have the name {path}");
    }

    // Of two entries with one name the last counts, as in Go.
    private static Dictionary<string, JsonElement> Properties(JsonElement element)
    {
        if (element.ValueKind != JsonValueKind.Object)
            throw new JsonException("it is no JSON object");
        var properties = new Dictionary<string, JsonElement>();
        foreach (var property in element.EnumerateObject())
            properties[property.Name] = property.Value;
        return properties;
    }
}
