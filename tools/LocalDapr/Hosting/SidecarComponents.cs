using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.Bindings;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.Policies;
using ImDapr.LocalDapr.PubSub;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.Secrets;
using ImDapr.LocalDapr.State;

namespace ImDapr.LocalDapr.Hosting;

/// <summary>The components of one sidecar: loaded secret stores first, since the others may refer to them.</summary>
internal sealed partial class SidecarComponents(
    SidecarOptions options, SidecarConfiguration configuration, Resiliency resiliency, AppChannel app, SidecarNeighbourhood around) : IAsyncDisposable
{
    private const string SecretStoreKind = "secretstores";
    private readonly ILogger _logger = around.Loggers.CreateLogger<SidecarComponents>();
    private readonly List<IAsyncDisposable> _loaded = [];
    private readonly Dictionary<string, SecretBlock> _secrets = [];
    private readonly Dictionary<string, ISecretStore> _secretStores = [];

    public List<ComponentSpec> Specs { get; } = [];

    public Dictionary<string, StateBlock> States { get; } = [];

    public Dictionary<string, PubSubBlock> PubSubs { get; } = [];

    public Dictionary<string, BindingBlock> Bindings { get; } = [];

    public IReadOnlyDictionary<string, SecretBlock> Secrets => _secrets;

    /// <summary>The store with <c>actorStateStore: "true"</c>; null when there is none.</summary>
    public IStateStore? ActorStore { get; private set; }

    public async Task LoadAsync(IEnumerable<ComponentFile> files, CancellationToken cancellationToken)
    {
        foreach (var file in files.OrderBy(file => KindOf(file) == SecretStoreKind ? 0 : 1))
            await LoadAsync(file, cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var component in Enumerable.Reverse(_loaded))
            await component.DisposeAsync();
        _loaded.Clear();
    }

    private static string KindOf(ComponentFile file) => file.Type.Split('.')[0];

    private async Task LoadAsync(ComponentFile file, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(file.InitTimeout);
        try
        {
            var spec = await ResourceFiles.ResolveAsync(
                file, options.AppId, options.WorkingFolder, options.Variable, (store, secret, key) => SecretAsync(store, secret, key, limit.Token));
            await CreateAsync(spec, KindOf(file), limit.Token);
            Specs.Add(spec);
            foreach (var name in spec.Unread.Where(name => spec.Places.ContainsKey(name)))
                LogUnread(spec.Places[name], spec.Name, spec.Type, name);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            Refuse(file, new ComponentException($"{file.Place.Place}: component {file.Name} ({file.Type}) was not ready within {GoDuration.Format(file.InitTimeout)}", exception));
        }
        catch (ComponentException exception)
        {
            Refuse(file, exception);
        }
    }

    private void Refuse(ComponentFile file, ComponentException exception)
    {
        if (!file.IgnoreErrors)
            throw exception;
        LogIgnored(exception.Message);
    }

    private async Task<string> SecretAsync(string store, string secret, string key, CancellationToken cancellationToken)
    {
        if (!_secrets.ContainsKey(store))
            throw new DaprError(Grpc.Core.StatusCode.InvalidArgument, 401, "ERR_SECRET_STORE_NOT_FOUND", $"there is no secret store '{store}' that is loaded before it");
        // Components may refer to every secret: what a Configuration denies, it denies to the app.
        var found = await new SecretBlock(store, _secretStores[store], SecretScope.All, ResiliencyPolicy.None, around.Time).GetAsync(secret, cancellationToken);
        return found.GetValueOrDefault(key)
            ?? throw new DaprError(Grpc.Core.StatusCode.NotFound, 404, "ERR_SECRET_GET", $"secret '{secret}' in '{store}' has no key '{key}'");
    }

    private Task CreateAsync(ComponentSpec spec, string kind, CancellationToken cancellationToken) => kind switch
    {
        "state" => CreateStateAsync(spec, cancellationToken),
        "pubsub" => CreatePubSubAsync(spec, cancellationToken),
        "bindings" => CreateBindingAsync(spec, cancellationToken),
        SecretStoreKind => CreateSecretsAsync(spec, cancellationToken),
        _ => throw new ComponentException($"{spec.File}: component {spec.Name} has type {spec.Type}, which LocalDapr does not know"),
    };

    private async Task CreateStateAsync(ComponentSpec spec, CancellationToken cancellationToken)
    {
        var store = StateStores.Create(spec, around.Time, around.Loggers);
        _loaded.Add(store);
        await store.InitAsync(cancellationToken);
        States[spec.Name] = new StateBlock(
            spec.Name, store, StateBlock.PrefixOf(spec), resiliency.ForComponent(spec.Name, "Statestore", "Outbound"), around.Time);
        if (!spec.Flag("actorStateStore"))
            return;
        if (ActorStore is not null)
            throw new ComponentException($"{spec.File}: only one component may be the actor state store of {options.AppId}");
        ActorStore = store;
    }

    private async Task CreatePubSubAsync(ComponentSpec spec, CancellationToken cancellationToken)
    {
        var scopes = new TopicScopes(spec);
        var broker = LocalDapr.PubSub.PubSubs.Create(spec, around.Time, around.Loggers);
        _loaded.Add(broker);
        await broker.InitAsync(cancellationToken);
        var policies = new PubSubPolicies(
            resiliency.ForComponent(spec.Name, "Pubsub", "Outbound"), resiliency.ForComponent(spec.Name, "Pubsub", "Inbound"), configuration.IsTracing);
        PubSubs[spec.Name] = new PubSubBlock(spec.Name, broker, scopes, policies, app, around.Time, around.Loggers);
    }

    private async Task CreateBindingAsync(ComponentSpec spec, CancellationToken cancellationToken)
    {
        var binding = OutputBindings.Create(spec, around.Time, around.Loggers);
        _loaded.Add(binding);
        await binding.InitAsync(cancellationToken);
        Bindings[spec.Name] = new BindingBlock(spec.Name, binding, resiliency.ForComponent(spec.Name, "Binding", "Outbound"), around.Time);
    }

    private async Task CreateSecretsAsync(ComponentSpec spec, CancellationToken cancellationToken)
    {
        var store = SecretStores.Create(spec, around.Loggers);
        _loaded.Add(store);
        await store.InitAsync(cancellationToken);
        _secretStores[spec.Name] = store;
        _secrets[spec.Name] = new SecretBlock(
            spec.Name, store, configuration.SecretScopes.GetValueOrDefault(spec.Name, SecretScope.All),
            resiliency.ForComponent(spec.Name, "Secretstore", "Outbound"), around.Time);
    }

    [LoggerMessage(9701, LogLevel.Warning, "{Place}: metadata '{Metadata}' of {Component} ({Type}) has no effect in LocalDapr")]
    private partial void LogUnread(string place, string component, string type, string metadata);

    [LoggerMessage(9702, LogLevel.Error, "A component is left out, as its ignoreErrors says: {Reason}")]
    private partial void LogIgnored(string reason);
}
