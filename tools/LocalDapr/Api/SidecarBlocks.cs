using Grpc.Core;
using ImDapr.LocalDapr.Actors;
using ImDapr.LocalDapr.Bindings;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.PubSub;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.State;

namespace ImDapr.LocalDapr.Api;

/// <summary>The building blocks of one sidecar, by component name; what both of its APIs serve.</summary>
public sealed class SidecarBlocks
{
    public required string AppId { get; init; }
    public required InvocationForwarder Invocation { get; init; }
    public required ActorRuntime Actors { get; init; }
    public required IReadOnlyList<ComponentSpec> Components { get; init; }
    public Dictionary<string, StateBlock> States { get; } = [];
    public Dictionary<string, PubSubBlock> PubSubs { get; } = [];
    public Dictionary<string, BindingBlock> Bindings { get; } = [];
    public List<Subscription> Subscriptions { get; } = [];

    public StateBlock State(string name)
    {
        if (States.Count == 0)
            throw new DaprError(StatusCode.FailedPrecondition, 500, "ERR_STATE_STORE_NOT_CONFIGURED", $"state store {name} is not configured");
        return States.GetValueOrDefault(name)
            ?? throw new DaprError(StatusCode.InvalidArgument, 400, "ERR_STATE_STORE_NOT_FOUND", $"state store {name} is not found");
    }

    public PubSubBlock PubSub(string name, string topic)
    {
        if (name.Length == 0)
            throw new DaprError(StatusCode.InvalidArgument, 404, "ERR_PUBSUB_EMPTY", "pubsub name is empty");
        if (PubSubs.Count == 0)
            throw new DaprError(StatusCode.FailedPrecondition, 400, "ERR_PUBSUB_NOT_CONFIGURED", $"pubsub {name} is not configured");
        var block = PubSubs.GetValueOrDefault(name)
            ?? throw new DaprError(StatusCode.InvalidArgument, 404, "ERR_PUBSUB_NOT_FOUND", $"pubsub {name} is not found");
        return topic.Length > 0 ? block
            : throw new DaprError(StatusCode.InvalidArgument, 404, "ERR_TOPIC_NAME_EMPTY", $"topic is empty in pubsub {name}");
    }

    public BindingBlock Binding(string name) => Bindings.GetValueOrDefault(name)
        ?? throw new DaprError(StatusCode.Internal, 500, "ERR_INVOKE_OUTPUT_BINDING", $"error invoking output binding {name}: couldn't find output binding {name}");
}
