using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace ImDapr.LocalDapr.Resources;

/// <summary>A file says something wrong; the message begins with <c>file(line,column): </c>.</summary>
public sealed class ResourceException(string message, Exception? inner = null) : Exception(message, inner)
{
    public static ResourceException At(string file, YamlNode node, string what) => new($"{file}({node.Start.Line},{node.Start.Column}): {what}");
}

/// <summary>A YAML mapping with its place, for messages that name file and line.</summary>
public sealed class YamlMap(string file, YamlMappingNode node)
{
    public string File => file;

    public YamlMappingNode Node => node;

    /// <summary>The documents of a file.</summary>
    public static IReadOnlyList<YamlMap> Load(string file)
    {
        var yaml = new YamlStream();
        try
        {
            using var reader = new StreamReader(file);
            yaml.Load(reader);
        }
        catch (YamlException exception)
        {
            throw new ResourceException($"{file}({exception.Start.Line},{exception.Start.Column}): {exception.InnerException?.Message ?? exception.Message}", exception);
        }
        catch (IOException exception)
        {
            throw new ResourceException($"{file}: {exception.Message}", exception);
        }
        return [.. yaml.Documents
            .Where(document => document.RootNode is not YamlScalarNode { Value: null or "" })
            .Select(document => document.RootNode is YamlMappingNode map
                ? new YamlMap(file, map)
                : throw ResourceException.At(file, document.RootNode, "a mapping is expected"))];
    }

    public IEnumerable<(string Name, YamlNode Key, YamlNode Value)> Entries() =>
        node.Children.Select(pair => (((YamlScalarNode)pair.Key).Value ?? "", pair.Key, pair.Value));

    public YamlNode? Find(string name) =>
        Entries().Where(entry => string.Equals(entry.Name, name, StringComparison.OrdinalIgnoreCase)).Select(entry => entry.Value).FirstOrDefault();

    public string? Text(string name) => Find(name) switch
    {
        null => null,
        YamlScalarNode scalar => scalar.Value,
        var other => throw ResourceException.At(file, other, $"'{name}' must be a value"),
    };

    public string Required(string name) =>
        Text(name) is { Length: > 0 } text ? text : throw ResourceException.At(file, node, $"'{name}' is missing");

    public int? Number(string name)
    {
        var text = Text(name);
        return text is null ? null
            : int.TryParse(text, out var number) ? number
            : throw ResourceException.At(file, Find(name)!, $"'{name}' must be a whole number, not '{text}'");
    }

    public YamlMap? Map(string name) => Find(name) switch
    {
        null or YamlScalarNode { Value: null or "" } => null,
        YamlMappingNode map => new YamlMap(file, map),
        var other => throw ResourceException.At(file, other, $"'{name}' must be a mapping"),
    };

    public IReadOnlyList<YamlMap> Maps(string name) =>
        [.. Items(name).Select(item => item is YamlMappingNode map ? new YamlMap(file, map) : throw ResourceException.At(file, item, $"each of '{name}' must be a mapping"))];

    public IReadOnlyList<string> Texts(string name) =>
        [.. Items(name).Select(item => item is YamlScalarNode scalar ? scalar.Value ?? "" : throw ResourceException.At(file, item, $"each of '{name}' must be a value"))];

    /// <exception cref="ResourceException">A field that nobody knows, probably misspelt.</exception>
    public void Expect(params string[] names)
    {
        foreach (var (name, key, _) in Entries())
        {
            if (!names.Contains(name, StringComparer.OrdinalIgnoreCase))
                throw ResourceException.At(file, key, $"unknown field '{name}'; known: {string.Join(", ", names)}");
        }
    }

    /// <summary>Where it stands, for messages: <c>file(line,column)</c>.</summary>
    public string Place => $"{file}({node.Start.Line},{node.Start.Column})";

    /// <summary>Where a field stands.</summary>
    public string PlaceOf(string name) => Find(name) is { } value ? $"{file}({value.Start.Line},{value.Start.Column})" : Place;

    public ResourceException Wrong(string what) => ResourceException.At(file, node, what);

    /// <summary>As <see cref="Wrong(string)"/>, at the place of a field's value.</summary>
    public ResourceException Wrong(string name, string what) => ResourceException.At(file, Find(name) ?? node, $"'{name}': {what}");

    /// <summary>A duration in Go's notation, or a bare number of milliseconds.</summary>
    public TimeSpan Duration(string name) =>
        MetadataValues.TryParseDuration(Required(name), TimeSpan.FromMilliseconds(1), out var duration) ? duration : throw Wrong(name, $"'{Text(name)}' is no duration such as 500ms or 1m30s");

    public TimeSpan Duration(string name, TimeSpan otherwise) => Find(name) is null ? otherwise : Duration(name);

    /// <summary>Truth as Go's YAML reads it; anything else is an error.</summary>
    public bool Flag(string name) => Text(name) switch
    {
        null or "" or "false" or "False" or "FALSE" => false,
        "true" or "True" or "TRUE" => true,
        var other => throw Wrong(name, $"true or false is expected, not '{other}'"),
    };

    private IEnumerable<YamlNode> Items(string name) => Find(name) switch
    {
        null or YamlScalarNode { Value: null or "" } => [],
        YamlSequenceNode sequence => sequence.Children,
        var other => throw ResourceException.At(file, other, $"'{name}' must be a list"),
    };
}
