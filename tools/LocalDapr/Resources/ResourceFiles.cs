using System.Text.RegularExpressions;

namespace ImDapr.LocalDapr.Resources;

/// <summary>A component as it stands in a file.</summary>
public sealed record ComponentFile(string Name, string Type, IReadOnlyList<(string Name, YamlMap Map)> Metadata, IReadOnlyList<string> Scopes, YamlMap Place);

/// <summary>A declared subscription.</summary>
public sealed record SubscriptionFile(
    string PubSub, string Topic, string Route, string? DeadLetterTopic, IReadOnlyDictionary<string, string> Metadata, IReadOnlyList<string> Scopes);

/// <summary>Everything of a resources folder; not recursive, as daprd reads it.</summary>
public sealed partial class ResourceFiles
{
    public List<ComponentFile> Components { get; } = [];
    public List<SubscriptionFile> Subscriptions { get; } = [];
    public List<(YamlMap Spec, IReadOnlyList<string> Scopes)> Resiliencies { get; } = [];

    /// <exception cref="ResourceException">What is wrong, with file and line.</exception>
    public static ResourceFiles Read(IEnumerable<string> folders)
    {
        var resources = new ResourceFiles();
        foreach (var folder in folders)
        {
            if (!Directory.Exists(folder))
                throw new ResourceException($"{folder}: there is no such resources folder");
            foreach (var file in Directory.EnumerateFiles(folder).Where(IsYaml).Order(StringComparer.Ordinal))
            {
                foreach (var document in YamlMap.Load(file))
                    resources.Add(document);
            }
        }
        return resources;
    }

    /// <summary>The components of one sidecar: in its scope, values resolved.</summary>
    public IReadOnlyList<ComponentSpec> ComponentsFor(string appId, string workingFolder, Func<string, string?> environment) =>
        [.. Components.Where(component => InScope(component.Scopes, appId)).Select(component => Resolve(component, appId, workingFolder, environment))];

    public static bool InScope(IReadOnlyList<string> scopes, string appId) => scopes.Count == 0 || scopes.Contains(appId);

    private void Add(YamlMap document)
    {
        switch (document.Text("kind"))
        {
            case "Component": AddComponent(document); break;
            case "Subscription": AddSubscription(document); break;
            case "Resiliency":
                document.Expect("apiVersion", "kind", "metadata", "spec", "scopes");
                Resiliencies.Add((Spec(document), document.Texts("scopes")));
                break;
            case "Configuration": break; // read from the file that configFilePath names, as daprd does
            case var kind: throw document.Wrong($"kind '{kind}' is not supported by LocalDapr");
        }
    }

    private void AddComponent(YamlMap document)
    {
        document.Expect("apiVersion", "kind", "metadata", "spec", "scopes", "auth");
        var spec = Spec(document);
        spec.Expect("type", "version", "metadata", "ignoreErrors", "initTimeout");
        var name = NameOf(document);
        if (Components.Any(known => known.Name == name && (known.Scopes.Count == 0 || document.Texts("scopes").Count == 0 || known.Scopes.Intersect(document.Texts("scopes")).Any())))
            throw document.Wrong($"there is already a component '{name}'");
        var metadata = spec.Maps("metadata").Select(item => (item.Required("name"), item)).ToList();
        Components.Add(new ComponentFile(name, spec.Required("type"), metadata, document.Texts("scopes"), document));
    }

    private void AddSubscription(YamlMap document)
    {
        var spec = Spec(document);
        spec.Expect("pubsubname", "topic", "route", "routes", "deadLetterTopic", "metadata", "bulkSubscribe");
        if (spec.Map("bulkSubscribe")?.Text("enabled") == "true")
            throw spec.Wrong("'bulkSubscribe' is not supported by LocalDapr");
        var routes = spec.Map("routes");
        if (routes?.Maps("rules").Count > 0)
            throw routes.Wrong("'rules' are not supported by LocalDapr; use 'default'");
        var route = spec.Text("route") ?? routes?.Text("default") ?? throw spec.Wrong("a route is missing");
        var metadata = spec.Map("metadata")?.Entries().ToDictionary(entry => entry.Name, entry => entry.Value.ToString()) ?? [];
        Subscriptions.Add(new SubscriptionFile(
            spec.Required("pubsubname"), spec.Required("topic"), route, spec.Text("deadLetterTopic"), metadata, document.Texts("scopes")));
    }

    private static ComponentSpec Resolve(ComponentFile component, string appId, string workingFolder, Func<string, string?> environment)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, item) in component.Metadata)
        {
            item.Expect("name", "value", "envRef", "secretKeyRef");
            if (item.Find("secretKeyRef") is not null)
                throw item.Wrong("'secretKeyRef' is not supported by LocalDapr; use 'envRef'");
            var value = item.Text("envRef") is { } variable ? environment(variable) ?? "" : item.Text("value") ?? "";
            values[name] = Templates(value, appId);
        }
        return new ComponentSpec(component.Name, component.Type, values, component.Place.File, appId, workingFolder);
    }

    private static string Templates(string value, string appId) => Template().Replace(value, match => match.Value switch
    {
        "{uuid}" => Guid.NewGuid().ToString(),
        "{podName}" => Environment.MachineName,
        "{namespace}" => $"{Environment.GetEnvironmentVariable("NAMESPACE") ?? "default"}.{appId}",
        _ => appId,
    });

    private static YamlMap Spec(YamlMap document) => document.Map("spec") ?? throw document.Wrong("'spec' is missing");

    private static string NameOf(YamlMap document) =>
        document.Map("metadata")?.Required("name") ?? throw document.Wrong("'metadata.name' is missing");

    private static bool IsYaml(string file) => Path.GetExtension(file) is ".yaml" or ".yml";

    [GeneratedRegex(@"\{(uuid|podName|namespace|appID)\}")]
    private static partial Regex Template();
}
