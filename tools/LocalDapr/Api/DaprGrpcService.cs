using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ImDapr.LocalDapr.Bindings;
using ImDapr.LocalDapr.PubSub;
using ImDapr.LocalDapr.State;
using DaprProto = Dapr.Client.Autogen.Grpc.v1.Dapr;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;
using StateItem = Dapr.Client.Autogen.Grpc.v1.StateItem;
using StateOptions = Dapr.Client.Autogen.Grpc.v1.StateOptions;

namespace ImDapr.LocalDapr.Api;

/// <summary>Dapr's gRPC API of one sidecar: methods named like the RPCs (see <see cref="DescriptorService"/>).</summary>
public sealed class DaprGrpcService(SidecarBlocks blocks, SidecarMetadata metadata) : DescriptorService
{
    public override ServiceDescriptor Descriptor => DaprProto.Descriptor;

    public Task<GetStateResponse> GetState(GetStateRequest request, ServerCallContext context) => Answer(async () =>
    {
        var entry = await blocks.State(request.StoreName).GetAsync(request.Key, context.CancellationToken);
        var response = new GetStateResponse();
        if (entry is null)
            return response;
        response.Data = UnsafeByteOperations.UnsafeWrap(entry.Value);
        response.Etag = entry.ETag;
        response.Metadata.Add(entry.Metadata?.ToDictionary() ?? []);
        return response;
    });

    public Task<GetBulkStateResponse> GetBulkState(GetBulkStateRequest request, ServerCallContext context) => Answer(async () =>
    {
        var state = blocks.State(request.StoreName);
        var items = await Task.WhenAll(request.Keys.Select(key => BulkItemAsync(state, key, context.CancellationToken)));
        return new GetBulkStateResponse { Items = { items } };
    });

    public Task<Empty> SaveState(SaveStateRequest request, ServerCallContext context) => Answer(async () =>
    {
        await blocks.State(request.StoreName).WriteAsync([.. request.States.Select(Upsert)], context.CancellationToken);
        return new Empty();
    });

    public Task<Empty> DeleteState(DeleteStateRequest request, ServerCallContext context) => Answer(async () =>
    {
        var write = new StateWrite(request.Key, null, request.Etag?.Value, Concurrency(request.Options), null);
        await blocks.State(request.StoreName).WriteAsync([write], context.CancellationToken);
        return new Empty();
    });

    public Task<Empty> DeleteBulkState(DeleteBulkStateRequest request, ServerCallContext context) => Answer(async () =>
    {
        await blocks.State(request.StoreName).WriteAsync([.. request.States.Select(Delete)], context.CancellationToken);
        return new Empty();
    });

    public Task<Empty> ExecuteStateTransaction(ExecuteStateTransactionRequest request, ServerCallContext context) => Answer(async () =>
    {
        List<StateWrite> writes = [.. request.Operations.Select(operation => operation.OperationType switch
        {
            "upsert" => Upsert(operation.Request),
            "delete" => Delete(operation.Request),
            var other => throw new DaprError(StatusCode.Unimplemented, 400, "ERR_NOT_SUPPORTED_STATE_OPERATION", $"operation type {other} not supported"),
        })];
        await blocks.State(request.StoreName).TransactAsync(writes, context.CancellationToken);
        return new Empty();
    });

    public Task<Empty> PublishEvent(PublishEventRequest request, ServerCallContext context) => Answer(async () =>
    {
        await blocks.PubSub(request.PubsubName, request.Topic).PublishAsync(
            Publication(request.PubsubName, request.Topic, request.Data, request.DataContentType, request.Metadata, context), context.CancellationToken);
        return new Empty();
    });

    public Task<BulkPublishResponse> BulkPublishEvent(BulkPublishRequest request, ServerCallContext context) => Answer(async () =>
    {
        var pubsub = blocks.PubSub(request.PubsubName, request.Topic);
        if (request.Entries.Any(entry => entry.EntryId.Length == 0) || request.Entries.DistinctBy(entry => entry.EntryId).Count() < request.Entries.Count)
            throw new DaprError(StatusCode.InvalidArgument, 400, "ERR_PUBSUB_EVENTS_SER", "entryId is duplicated or not present for entry");
        // In parallel, as daprd does for a component without bulk publish: no order is promised.
        await Task.WhenAll(request.Entries.Select(entry => pubsub.PublishAsync(
            Publication(request.PubsubName, request.Topic, entry.Event, entry.ContentType, request.Metadata.Concat(entry.Metadata), context),
            context.CancellationToken)));
        return new BulkPublishResponse();
    });

    public Task<BulkPublishResponse> BulkPublishEventAlpha1(BulkPublishRequest request, ServerCallContext context) => BulkPublishEvent(request, context);

    public Task<InvokeBindingResponse> InvokeBinding(InvokeBindingRequest request, ServerCallContext context) => Answer(async () =>
    {
        var call = new BindingCall(request.Operation, request.Data.ToByteArray(), request.Metadata);
        var result = await blocks.Binding(request.Name).InvokeAsync(call, context.CancellationToken);
        var response = new InvokeBindingResponse { Data = result.Data is null ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(result.Data) };
        response.Metadata.Add(result.Metadata.ToDictionary());
        return response;
    });

    public Task<GetMetadataResponse> GetMetadata(GetMetadataRequest request, ServerCallContext context) => Task.FromResult(metadata.ToProto());

    public Task<Empty> SetMetadata(SetMetadataRequest request, ServerCallContext context)
    {
        metadata.Set(request.Key, request.Value);
        return Task.FromResult(new Empty());
    }

    private static async Task<BulkStateItem> BulkItemAsync(StateBlock state, string key, CancellationToken cancellationToken)
    {
        try
        {
            var entry = await state.GetAsync(key, cancellationToken);
            return entry is null
                ? new BulkStateItem { Key = key }
                : new BulkStateItem { Key = key, Data = UnsafeByteOperations.UnsafeWrap(entry.Value), Etag = entry.ETag };
        }
        catch (DaprError error)
        {
            return new BulkStateItem { Key = key, Error = error.Message };
        }
    }

    private static StateWrite Upsert(StateItem item) =>
        new(item.Key, item.Value.ToByteArray(), item.Etag?.Value, Concurrency(item.Options), Ttl(item.Metadata));

    private static StateWrite Delete(StateItem item) => new(item.Key, null, item.Etag?.Value, Concurrency(item.Options), null);

    private static int? Ttl(IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var text = metadata.FirstOrDefault(pair => pair.Key == "ttlInSeconds").Value;
        if (text is null)
            return null;
        return int.TryParse(text, out var seconds) ? seconds
            : throw new DaprError(StatusCode.Internal, 500, "ERR_STATE_SAVE", $"failed saving state: incorrect value for metadata 'ttlInSeconds': {text}");
    }

    private static StateConcurrency Concurrency(StateOptions? options) => options?.Concurrency switch
    {
        StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite => StateConcurrency.FirstWrite,
        StateOptions.Types.StateConcurrency.ConcurrencyLastWrite => StateConcurrency.LastWrite,
        _ => StateConcurrency.Unspecified,
    };

    private static Publication Publication(
        string pubsub, string topic, ByteString data, string contentType, IEnumerable<KeyValuePair<string, string>> metadata, ServerCallContext context)
    {
        var values = new Dictionary<string, string>();
        foreach (var (name, value) in metadata)
            values[name] = value;
        return new Publication(
            pubsub, topic, data.ToByteArray(), contentType.Length == 0 ? "text/plain" : contentType, values,
            context.RequestHeaders.GetValue("traceparent"), context.RequestHeaders.GetValue("tracestate"));
    }

    private static async Task<T> Answer<T>(Func<Task<T>> handler)
    {
        try
        {
            return await handler();
        }
        catch (DaprError error)
        {
            throw error.ToRpc();
        }
    }
}
