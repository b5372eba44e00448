using System.Text.Json;
using ImDapr.LocalDapr.State;

namespace ImDapr.LocalDapr.Actors;

/// <summary>State of the actors that this sidecar's app hosts, under <c>{appId}||{type}||{id}||{key}</c> as daprd lays it out.</summary>
public sealed class ActorState(string appId, IStateStore? store, ActorRuntime runtime)
{
    public async Task<StateEntry?> GetAsync(ActorKey actor, string key, CancellationToken cancellationToken)
    {
        try
        {
            return await Store.GetAsync(Key(actor, key), cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not Api.DaprError)
        {
            throw ActorErrors.StateGet(exception.Message, exception);
        }
    }

    /// <summary>The whole list as one transaction of the store.</summary>
    public async Task TransactAsync(ActorKey actor, JsonElement operations, CancellationToken cancellationToken)
    {
        if (!runtime.IsActive(actor))
            throw ActorErrors.InstanceMissing();
        List<StateWrite> writes = [.. operations.EnumerateArray().Select(operation => Read(actor, operation))];
        try
        {
            await Store.TransactAsync(writes, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException and not Api.DaprError)
        {
            throw ActorErrors.StateSave(exception.Message, exception);
        }
    }

    private IStateStore Store => store ?? throw ActorErrors.NoStore();

    private StateWrite Read(ActorKey actor, JsonElement operation)
    {
        var request = operation.GetProperty("request");
        var key = Key(actor, request.GetProperty("key").GetString()!);
        switch (operation.GetProperty("operation").GetString())
        {
            case "delete":
                return new StateWrite(key, null, null, StateConcurrency.Unspecified, null);
            case "upsert":
                // daprd refuses a time to live unless a preview feature is on, and it is not by default.
                if (request.TryGetProperty("metadata", out var metadata) && metadata.ValueKind == JsonValueKind.Object && metadata.TryGetProperty("ttlInSeconds", out _))
                    throw ActorErrors.StateSave("ttlInSeconds is not supported without the \"ActorStateTTL\" feature enabled");
                return new StateWrite(key, GoNumbers.Bend(request.GetProperty("value")), null, StateConcurrency.Unspecified, null);
            case var other:
                throw ActorErrors.Malformed($"unsupported operation {other}");
        }
    }

    private string Key(ActorKey actor, string key) => $"{appId}||{actor.Type}||{actor.Id}||{key}";
}
