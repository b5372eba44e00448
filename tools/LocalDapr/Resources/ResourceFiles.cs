using System.Text.RegularExpressions;
using ImDapr.LocalDapr.PubSub;

namespace ImDapr.LocalDapr.Resources;

/// <summary>A component as it stands in a file.</summary>
/// <param name="SecretStore">Where its secret references are looked up; null: nowhere.</param>
/// <param name="InitTimeout">How long it may take to get ready.</param>
/// <param name="IgnoreErrors">The sidecar starts without it when it does not get ready.</param>
internal sealed record ComponentFile(
    string Name, string Type, string Version, IReadOnlyList<(string Name, YamlMap Map)> Metadata, IReadOnlyList<string> Scopes, string? SecretStore,
    TimeSpan InitTimeout, bool IgnoreErrors, YamlMap Place);

/// <summary>Looks a secret up: store, secret, key in it.</summary>
internal delegate Task<string> SecretLookup(string store, string secret, string key);

/// <summary>Everything of the resources folders; not recursive, as daprd reads them.</summary>
internal sealed partial class ResourceFiles
{
    // daprd's default.
    private static readonly TimeSpan InitTimeout = TimeSpan.FromSeconds(5);

    public List<ComponentFile> Components { get; } = [];

    public List<(Subscription Subscription, IReadOnlyList<string> Scopes)> Subscriptions { get; } = [];

    public List<(string Name, YamlMap Spec, IReadOnlyList<string> Scopes)> Resiliencies { get; } = [];

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

    public static bool InScope(IReadOnlyList<string> scopes, string appId) => scopes.Count == 0 || scopes.Contains(appId);

    /// <summary>A component with its references resolved.</summary>
    /// <param name="environment">Environment of the sidecar.</param>
    /// <param name="secrets">Secret stores that are ready.</param>
    public static async Task<ComponentSpec> ResolveAsync(
        ComponentFile component, string appId, string workingFolder, Func<string, string?> environment, SecretLookup secrets)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var places = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, item) in component.Metadata)
        {
            item.Expect("name", "value", "envRef", "secretKeyRef");
            values[name] = Templates(await ValueAsync(component, item, environment, secrets), appId);
            places[name] = item.Place;
        }
        return new ComponentSpec(component.Name, component.Type, values, component.Place.Place, appId, workingFolder)
        {
            Places = places,
            Version = component.Version,
        };
    }

    private static async Task<string> ValueAsync(ComponentFile component, YamlMap item, Func<string, string?> environment, SecretLookup secrets)
    {
        if (item.Text("envRef") is { } variable)
        {
            // daprd keeps what is its own, or the app's, out of components.
            if (variable == "APP_API_TOKEN" || variable.StartsWith("DAPR_", StringComparison.OrdinalIgnoreCase) || variable.Contains(' '))
                throw item.Wrong("envRef", $"'{variable}' may not be used in a component");
            return environment(variable) ?? "";
        }
        if (item.Map("secretKeyRef") is not { } reference)
            return item.Text("value") ?? "";
        reference.Expect("name", "key");
        var secret = reference.Required("name");
        if (component.SecretStore is not { } store)
            throw reference.Wrong("a secret needs a store: give the component 'auth.secretStore'");
        try
        {
            return await secrets(store, secret, reference.Text("key") ?? secret);
        }
        catch (Api.DaprError error)
        {
            throw reference.Wrong(error.Message);
        }
    }

    private void Add(YamlMap document)
    {
        switch (document.Text("kind"))
        {
            case "Component": AddComponent(document); break;
            case "Subscription": AddSubscription(document); break;
            case "Resiliency":
                document.Expect("apiVersion", "kind", "metadata", "spec", "scopes");
                Resiliencies.Add((NameOf(document), Spec(document), document.Texts("scopes")));
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
        var auth = document.Map("auth");
        auth?.Expect("secretStore");
        var (name, scopes) = (NameOf(document), document.Texts("scopes"));
        if (Components.Exists(known => known.Name == name && (known.Scopes.Count == 0 || scopes.Count == 0 || known.Scopes.Intersect(scopes).Any())))
            throw document.Wrong($"there is already a component '{name}'");
        var metadata = spec.Maps("metadata").Select(item => (item.Required("name"), item)).ToList();
        Components.Add(new ComponentFile(
            name, spec.Required("type"), spec.Text("version") ?? "v1", metadata, scopes, auth?.Text("secretStore"), spec.Duration("initTimeout", InitTimeout),
            spec.Flag("ignoreErrors"), document));
    }

    private void AddSubscription(YamlMap document)
    {
        document.Expect("apiVersion", "kind", "metadata", "spec", "scopes");
        var spec = Spec(document);
        var isFirst = document.Text("apiVersion") == "dapr.io/v1alpha1";
        spec.Expect("pubsubname", "topic", isFirst ? "route" : "routes", "deadLetterTopic", "metadata", "bulkSubscribe");
        var rules = isFirst ? [new RoutingRule(null, spec.Required("route").TrimStart('/'))] : Rules(spec);
        var metadata = spec.Map("metadata")?.Entries().ToDictionary(entry => entry.Name, entry => entry.Value.ToString());
        var subscription = new Subscription(
            spec.Required("pubsubname"), spec.Required("topic"), rules, spec.Text("deadLetterTopic") is { Length: > 0 } dead ? dead : null, metadata, Bulk(spec),
            IsDeclared: true);
        Subscriptions.Add((subscription, document.Texts("scopes")));
    }

    private static List<RoutingRule> Rules(YamlMap spec)
    {
        var routes = spec.Map("routes") ?? throw spec.Wrong("'routes' is missing");
        routes.Expect("rules", "default");
        var rules = routes.Maps("rules").Select(Rule).ToList();
        if (routes.Text("default") is { Length: > 0 } otherwise)
            rules.Add(new RoutingRule(null, otherwise.TrimStart('/')));
        return rules;
    }

    private static RoutingRule Rule(YamlMap rule)
    {
        rule.Expect("match", "path");
        try
        {
            return SubscriptionAnswer.Rule(rule.Text("match"), rule.Required("path"));
        }
        catch (FormatException exception)
        {
            throw rule.Wrong("match", exception.Message);
        }
    }

    private static BulkOptions? Bulk(YamlMap spec)
    {
        var bulk = spec.Map("bulkSubscribe");
        bulk?.Expect("enabled", "maxMessagesCount", "maxAwaitDurationMs");
        return bulk is not null && bulk.Flag("enabled") ? BulkOptions.Of(bulk.Number("maxMessagesCount"), bulk.Number("maxAwaitDurationMs")) : null;
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
