using Grpc.Core;
using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.State;

/// <summary>A state store as an app sees it: keys prefixed, errors as daprd tells them (dapr-contract 2.1, 2.2).</summary>
public sealed class StateBlock(string name, IStateStore store, string prefix, ResiliencyPolicy policy, TimeProvider time)
{
    private const string Separator = "||";

    public IStateStore Store => store;

    /// <summary>The prefix that a component's <c>keyPrefix</c> means for this app; null for none.</summary>
    public static string PrefixOf(ComponentSpec spec) => (spec.Find("keyPrefix")?.ToLowerInvariant() ?? "appid") switch
    {
        "appid" => spec.AppId + Separator,
        "name" => spec.Name + Separator,
        "none" => "",
        "namespace" => Environment.GetEnvironmentVariable("NAMESPACE") is { Length: > 0 } space ? $"{space}.{spec.AppId}{Separator}" : spec.AppId + Separator,
        var custom when custom.Contains(Separator, StringComparison.Ordinal) =>
            throw new ComponentException($"{spec.File}: keyPrefix of {spec.Name} must not contain '||'"),
        var custom => custom + Separator,
    };

    public async Task<StateEntry?> GetAsync(string key, CancellationToken cancellationToken)
    {
        var full = Key(key);
        try
        {
            StateEntry? entry = null;
            await policy.RunAsync(async token => entry = await store.GetAsync(full, token), _ => false, time, cancellationToken);
            return entry;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new DaprError(StatusCode.Internal, 500, "ERR_STATE_GET", $"fail to get {key} from state store {name}: {exception.Message}", exception);
        }
    }

    /// <summary>Each write by itself, in parallel; not atomic, as with daprd's default bulk operations.</summary>
    public Task WriteAsync(IReadOnlyCollection<StateWrite> writes, CancellationToken cancellationToken) =>
        Task.WhenAll(writes.Select(write => WriteAsync(write, cancellationToken)));

    private async Task WriteAsync(StateWrite write, CancellationToken cancellationToken)
    {
        var (code, verb) = write.Value is null ? ("ERR_STATE_DELETE", "deleting") : ("ERR_STATE_SAVE", "saving");
        var full = write with { Key = Key(write.Key) };
        try
        {
            await policy.RunAsync(
                token => store.WriteAsync(full, token), error => error is ETagMismatchException or InvalidETagException, time, cancellationToken);
        }
        catch (ETagMismatchException exception)
        {
            throw new DaprError(StatusCode.Aborted, 409, code, $"failed {verb} state in state store {name}: {exception.Message}", exception);
        }
        catch (InvalidETagException exception)
        {
            throw new DaprError(StatusCode.InvalidArgument, 400, code, $"failed {verb} state in state store {name}: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new DaprError(StatusCode.Internal, 500, code, $"failed {verb} state in state store {name}: {exception.Message}", exception);
        }
    }

    public async Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken)
    {
        List<StateWrite> full = [.. writes.Select(write => write with { Key = Key(write.Key) })];
        try
        {
            await policy.RunAsync(token => store.TransactAsync(full, token), _ => false, time, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            throw new DaprError(
                StatusCode.Internal, 500, "ERR_STATE_TRANSACTION", $"error while executing state transaction: {exception.Message}", exception);
        }
    }

    private string Key(string key)
    {
        if (key.Length == 0)
            throw new DaprError(StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", "state key cannot be empty");
        return key.Contains(Separator, StringComparison.Ordinal)
            ? throw new DaprError(StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", $"input key/keyPrefix '{key}' can't contain '{Separator}'")
            : prefix + key;
    }
}
