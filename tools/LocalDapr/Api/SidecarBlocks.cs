using Grpc.Core;
using ImDapr.LocalDapr.Bindings;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.PubSub;
using ImDapr.LocalDapr.Secrets;
using ImDapr.LocalDapr.State;

namespace ImDapr.LocalDapr.Api;

/// <summary>The building blocks of one sidecar, by component name; what both of its APIs serve.</summary>
public sealed class SidecarBlocks
{
    public required InvocationForwarder Invocation { get; init; }

    public required IReadOnlyDictionary<string, StateBlock> States { get; init; }

    public required IReadOnlyDictionary<string, PubSubBlock> PubSubs { get; init; }

    public required IReadOnlyDictionary<string, BindingBlock> Bindings { get; init; }

    public required IReadOnlyDictionary<string, SecretBlock> Secrets { get; init; }

    public StateBlock State(string name)
    {
        if (States.Count == 0)
            throw new DaprError(
                StatusCode.FailedPrecondition, 500, "ERR_STATE_STORE_NOT_CONFIGURED", $"state store {name} is not configured", reason: "DAPR_STATE_NOT_CONFIGURED");
        return States.GetValueOrDefault(name) ?? throw new DaprError(
            StatusCode.InvalidArgument, 400, "ERR_STATE_STORE_NOT_FOUND", $"state store {name} is not found", reason: "DAPR_STATE_NOT_FOUND");
    }

    public PubSubBlock PubSub(string name, string topic)
    {
        if (name.Length == 0)
            throw new DaprError(StatusCode.InvalidArgument, 404, "ERR_PUBSUB_EMPTY", "pubsub name is empty", reason: "DAPR_PUBSUB_NAME_EMPTY");
        var block = PubSubs.GetValueOrDefault(name) ?? throw new DaprError(
            StatusCode.InvalidArgument, 404, "ERR_PUBSUB_NOT_FOUND", $"pubsub {name} is not found", reason: "DAPR_PUBSUB_NOT_FOUND");
        return topic.Length > 0 ? block : throw new DaprError(
            StatusCode.InvalidArgument, 404, "ERR_TOPIC_NAME_EMPTY", $"topic is empty in pubsub {name}", reason: "DAPR_PUBSUB_TOPIC_NAME_EMPTY");
    }

    public BindingBlock Binding(string name) => Bindings.GetValueOrDefault(name)
        ?? throw new DaprError(StatusCode.Internal, 500, "ERR_INVOKE_OUTPUT_BINDING", $"error invoking output binding {name}: couldn't find output binding {name}");

    public SecretBlock Secret(string name)
    {
        if (Secrets.Count == 0)
            throw new DaprError(StatusCode.FailedPrecondition, 500, "ERR_SECRET_STORES_NOT_CONFIGURED", "secret store is not configured");
        return Secrets.GetValueOrDefault(name)
            ?? throw new DaprError(StatusCode.InvalidArgument, 401, "ERR_SECRET_STORE_NOT_FOUND", $"failed finding secret store with key {name}");
    }
}
