using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Storage;

/// <summary>A system on Redis and MySQL with one storage model, and one fan-out policy for every conversation.</summary>
public abstract class StorageCluster(string model, string policy) : ServerCluster($"{model.Replace('+', '-')}-{policy}", "dapr.yaml")
{
    protected override IReadOnlyDictionary<string, string> AppSettings => new Dictionary<string, string>
    {
        ["Storage__Model"] = model,
        ["FanOut__Direct"] = policy,
        ["FanOut__Group"] = policy,
    };
}

public sealed class SqlCopyCluster() : StorageCluster("redis+mysql", "copy");

public sealed class SqlReferenceCluster() : StorageCluster("redis+mysql", "reference");

public sealed class SqlTimelineCluster() : StorageCluster("redis+mysql", "timeline");

public sealed class StateCopyCluster() : StorageCluster("redis", "copy");

public sealed class StateReferenceCluster() : StorageCluster("redis", "reference");

public sealed class StateTimelineCluster() : StorageCluster("redis", "timeline");

public sealed class SqlCopy(SqlCopyCluster cluster) : StorageModelTests(cluster), IClassFixture<SqlCopyCluster>;

public sealed class SqlReference(SqlReferenceCluster cluster) : StorageModelTests(cluster), IClassFixture<SqlReferenceCluster>;

public sealed class SqlTimeline(SqlTimelineCluster cluster) : StorageModelTests(cluster), IClassFixture<SqlTimelineCluster>;

public sealed class StateCopy(StateCopyCluster cluster) : StorageModelTests(cluster), IClassFixture<StateCopyCluster>;

public sealed class StateReference(StateReferenceCluster cluster) : StorageModelTests(cluster), IClassFixture<StateReferenceCluster>;

public sealed class StateTimeline(StateTimelineCluster cluster) : StorageModelTests(cluster), IClassFixture<StateTimelineCluster>;
