using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Observability;

/// <summary>An embedded system as a platform team would watch it: every message is traced, and logs are JSON.</summary>
public sealed class ObservedCluster() : Cluster("observed", "dapr.yaml")
{
    private TraceReceiver? _traces;

    public TraceReceiver Traces => _traces!;

    public override async Task InitializeAsync()
    {
        _traces = await TraceReceiver.StartAsync();
        await base.InitializeAsync();
    }

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        if (_traces is not null)
            await _traces.DisposeAsync();
    }

    protected override IReadOnlyDictionary<string, string> AppSettings => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _traces!.Endpoint,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_TRACES_SAMPLER"] = "parentbased_always_on",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        ["Log__Json"] = "true",
    };
}

[CollectionDefinition(Name)]
public sealed class ObservedSuite : ICollectionFixture<ObservedCluster>
{
    public const string Name = "Observed";
}
