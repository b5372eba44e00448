using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using ImDapr.LocalDapr.Bindings;
using ImDapr.LocalDapr.Json;
using ImDapr.LocalDapr.PubSub;
using ImDapr.LocalDapr.State;
using DaprProto = Dapr.Client.Autogen.Grpc.v1.Dapr;
using Metadata = Grpc.Core.Metadata;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;
using StateItem = Dapr.Client.Autogen.Grpc.v1.StateItem;
using StateOptions = Dapr.Client.Autogen.Grpc.v1.StateOptions;

namespace ImDapr.LocalDapr.Api;

/// <summary>Dapr's gRPC API of one sidecar: methods named like the RPCs (see <see cref="DescriptorService"/>).</summary>
public sealed class DaprGrpcService(SidecarBlocks blocks, SidecarMetadata metadata, SidecarShutdown shutdown) : DescriptorService
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
        if (entry.Metadata is not null)
            response.Metadata.Add(entry.Metadata.ToDictionary());
        return response;
    });

    public Task<GetBulkStateResponse> GetBulkState(GetBulkStateRequest request, ServerCallContext context) => Answer(async () =>
    {
        var results = await blocks.State(request.StoreName).GetManyAsync(request.Keys, request.Parallelism, context.CancellationToken);
        return new GetBulkStateResponse { Items = { results.Select(BulkItem) } };
    });

    public Task<Empty> SaveState(SaveStateRequest request, ServerCallContext context) => Answer(async () =>
    {
        var state = blocks.State(request.StoreName);
        await state.SaveAsync([.. request.States.Select(item => Upsert(item, state))], context.CancellationToken);
        return new Empty();
    });

    public Task<Empty> DeleteState(DeleteStateRequest request, ServerCallContext context) => Answer(async () =>
    {
        var write = new StateWrite(request.Key, null, request.Etag?.Value, Concurrency(request.Options), null);
        await blocks.State(request.StoreName).DeleteAsync(write, context.CancellationToken);
        return new Empty();
    });

    public Task<Empty> DeleteBulkState(DeleteBulkStateRequest request, ServerCallContext context) => Answer(async () =>
    {
        await blocks.State(request.StoreName).DeleteManyAsync([.. request.States.Select(Delete)], context.CancellationToken);
        return new Empty();
    });

    public Task<Empty> ExecuteStateTransaction(ExecuteStateTransactionRequest request, ServerCallContext context) => Answer(async () =>
    {
        var state = blocks.State(request.StoreName);
        List<StateWrite> writes = [.. request.Operations.Select(operation => operation.OperationType switch
        {
            // A transaction takes the value as bytes, whatever its content type says.
            "upsert" => Bytes(operation.Request),
            "delete" => Delete(operation.Request),
            var other => throw new DaprError(StatusCode.Unimplemented, 500, "ERR_NOT_SUPPORTED_STATE_OPERATION", $"operation type {other} not supported"),
        })];
        await state.TransactAsync(writes, context.CancellationToken);
        return new Empty();
    });

    public Task<QueryStateResponse> QueryStateAlpha1(QueryStateRequest request, ServerCallContext context) => Answer<QueryStateResponse>(() =>
    {
        _ = blocks.State(request.StoreName);
        throw new DaprError(
            StatusCode.Internal, 500, "ERR_STATE_STORE_NOT_SUPPORTED", "state store does not support querying", reason: "DAPR_STATE_QUERYING_NOT_SUPPORTED");
    });

    public Task<Empty> PublishEvent(PublishEventRequest request, ServerCallContext context) => Answer(async () =>
    {
        await blocks.PubSub(request.PubsubName, request.Topic).PublishAsync(
            Publication(request.PubsubName, request.Topic, request.Data, request.DataContentType, request.Metadata, context.RequestHeaders.GetValue("traceparent"), context),
            isGrpc: true, context.CancellationToken);
        return new Empty();
    });

    public Task<BulkPublishResponse> BulkPublishEvent(BulkPublishRequest request, ServerCallContext context) => Answer(async () =>
    {
        var parent = context.RequestHeaders.GetValue("traceparent");
        // Each event is a span of its own. Metadata of the request reach an entry only if it has some itself.
        var entries = request.Entries.Select(entry => new BulkEntry(entry.EntryId, Publication(
            request.PubsubName, request.Topic, entry.Event, entry.ContentType, entry.Metadata.Count == 0 ? [] : request.Metadata.Concat(entry.Metadata),
            TraceContext.Child(parent), context)));
        try
        {
            await blocks.PubSub(request.PubsubName, request.Topic).PublishManyAsync(
                request.Topic, [.. entries], request.Metadata, isGrpc: true, context.CancellationToken);
        }
        catch (BulkPublishError error)
        {
            throw error.Error; // with an error the answer is empty: the list of failed entries has no place
        }
        return new BulkPublishResponse();
    });

    public Task<BulkPublishResponse> BulkPublishEventAlpha1(BulkPublishRequest request, ServerCallContext context) => BulkPublishEvent(request, context);

    public Task<InvokeBindingResponse> InvokeBinding(InvokeBindingRequest request, ServerCallContext context) => Answer(async () =>
    {
        var values = new Dictionary<string, string>(request.Metadata);
        if (context.RequestHeaders.GetValue("traceparent") is { } parent)
            values["traceparent"] = parent;
        if (context.RequestHeaders.GetValue("tracestate") is { } state)
            values["tracestate"] = state;
        var result = await blocks.Binding(request.Name).InvokeAsync(new BindingCall(request.Operation, request.Data.ToByteArray(), values), context.CancellationToken);
        if (result.Metadata.Count > 0)
            await context.WriteResponseHeadersAsync(Headers(result.Metadata));
        if (result.Error is not null)
            throw result.Error;
        var response = new InvokeBindingResponse { Data = result.Data is null ? ByteString.Empty : UnsafeByteOperations.UnsafeWrap(result.Data) };
        response.Metadata.Add(result.Metadata.ToDictionary());
        return response;
    });

    public Task<GetSecretResponse> GetSecret(GetSecretRequest request, ServerCallContext context) => Answer(async () =>
    {
        var secret = await blocks.Secret(request.StoreName).GetAsync(request.Key, context.CancellationToken);
        return new GetSecretResponse { Data = { secret.ToDictionary() } };
    });

    public Task<GetBulkSecretResponse> GetBulkSecret(GetBulkSecretRequest request, ServerCallContext context) => Answer(async () =>
    {
        var response = new GetBulkSecretResponse();
        foreach (var (name, secret) in await blocks.Secret(request.StoreName).GetAllAsync(context.CancellationToken))
            response.Data[name] = new SecretResponse { Secrets = { secret.ToDictionary() } };
        return response;
    });

    public Task<GetMetadataResponse> GetMetadata(GetMetadataRequest request, ServerCallContext context) => Task.FromResult(metadata.ToProto());

    public Task<Empty> SetMetadata(SetMetadataRequest request, ServerCallContext context)
    {
        metadata.Set(request.Key, request.Value);
        return Task.FromResult(new Empty());
    }

    public Task<Empty> Shutdown(ShutdownRequest request, ServerCallContext context)
    {
        shutdown.Ask();
        return Task.FromResult(new Empty());
    }

    private static BulkStateItem BulkItem(StateResult result)
    {
        var item = new BulkStateItem { Key = result.Key, Error = result.Error ?? "" };
        if (result.Entry is not { } entry)
            return item;
        item.Data = UnsafeByteOperations.UnsafeWrap(entry.Value);
        item.Etag = entry.ETag;
        if (entry.Metadata is not null)
            item.Metadata.Add(entry.Metadata.ToDictionary());
        return item;
    }

    private static StateWrite Upsert(StateItem item, StateBlock state)
    {
        var write = Bytes(item);
        if (item.Metadata.GetValueOrDefault("contentType") != "application/json")
            return write;
        // As JSON the value is decoded here and encoded again by the store.
        try
        {
            return write with { Value = GoNumbers.Bend(write.Value, state.Store.KeepsSixDecimals) ?? write.Value, IsJson = true };
        }
        catch (System.Text.Json.JsonException exception)
        {
            throw new DaprError(StatusCode.Unknown, 400, "ERR_STATE_SAVE", exception.Message, exception);
        }
    }

    private static StateWrite Bytes(StateItem item) =>
        new(item.Key, item.Value.ToByteArray(), item.Etag?.Value, Concurrency(item.Options), StateTtl.Read(item.Metadata),
            IsStrong: item.Options?.Consistency == StateOptions.Types.StateConsistency.ConsistencyStrong);

    private static StateWrite Delete(StateItem item) => new(item.Key, null, item.Etag?.Value, Concurrency(item.Options), null);

    private static StateConcurrency Concurrency(StateOptions? options) => options?.Concurrency switch
    {
        StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite => StateConcurrency.FirstWrite,
        StateOptions.Types.StateConcurrency.ConcurrencyLastWrite => StateConcurrency.LastWrite,
        _ => StateConcurrency.Unspecified,
    };

    private static Publication Publication(
        string pubsub, string topic, ByteString data, string contentType, IEnumerable<KeyValuePair<string, string>> metadata, string? parent, ServerCallContext context)
    {
        var values = new Dictionary<string, string>();
        foreach (var (name, value) in metadata)
            values[name] = value;
        return new Publication(pubsub, topic, data.ToByteArray(), contentType, values, parent, context.RequestHeaders.GetValue("tracestate"));
    }

    // What cannot stand in a header is left to the body of the answer.
    private static Metadata Headers(IEnumerable<KeyValuePair<string, string>> values)
    {
        var headers = new Metadata();
        foreach (var (name, value) in values.Where(pair => pair.Key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')))
            headers.Add($"metadata.{name.ToLowerInvariant()}", new string([.. value.Select(c => c is >= ' ' and <= '~' ? c : ' ')]));
        return headers;
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
