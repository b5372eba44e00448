using Grpc.Core;
using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.Policies;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.State;

/// <summary>One key of a bulk get; either an entry, or an error, or nothing when the key is missing.</summary>
public sealed record StateResult(string Key, StateEntry? Entry, string? Error);

/// <summary>A state store as an app sees it: keys prefixed, errors as daprd tells them (dapr-contract 2.1, 2.2).</summary>
public sealed class StateBlock(string name, IStateStore store, string prefix, ResiliencyPolicy policy, TimeProvider time)
{
    private const string Separator = "||";

    // What daprd's components take when a bulk get does not say.
    private const int DefaultParallelism = 10;

    public IStateStore Store => store;

    /// <summary>The prefix that a component's <c>keyPrefix</c> means for this app; empty for none.</summary>
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
            await policy.RunAsync(async token => entry = await store.GetAsync(full, token).WaitAsync(token), _ => false, time, cancellationToken);
            return entry;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw Failed(StatusCode.Internal, 500, "ERR_STATE_GET", $"fail to get {key} from state store {name}", exception);
        }
    }

    /// <summary>Several keys, side by side. A key that fails has its error; the others are answered.</summary>
    /// <param name="parallelism">Reads under way at a time; 0 or less: as many as daprd's components take.</param>
    public async Task<IReadOnlyList<StateResult>> GetManyAsync(IReadOnlyList<string> keys, int parallelism, CancellationToken cancellationToken)
    {
        List<string> full = [.. keys.Select(Key)];
        var results = new StateResult[keys.Count];
        var limit = new ParallelOptions
        {
            MaxDegreeOfParallelism = parallelism > 0 ? parallelism : DefaultParallelism,
            CancellationToken = cancellationToken,
        };
        await policy.RunAsync(
            token => Parallel.ForAsync(0, keys.Count, limit, async (i, _) => results[i] = await ResultAsync(full[i], token)), _ => false, time, cancellationToken);
        return results;
    }

    /// <summary>Each by itself, side by side; not atomic, as with daprd's default bulk operations.</summary>
    public async Task SaveAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken)
    {
        if (writes.Any(write => write.Key.Length == 0))
            throw new DaprError(StatusCode.InvalidArgument, 400, "ERR_STATE_SAVE", "state key cannot be empty");
        await WriteAsync(writes, "ERR_STATE_SAVE", $"failed saving state in state store {name}", cancellationToken);
    }

    public Task DeleteAsync(StateWrite delete, CancellationToken cancellationToken) =>
        WriteAsync([delete], "ERR_STATE_DELETE", $"failed deleting state with key {delete.Key}", cancellationToken);

    public Task DeleteManyAsync(IReadOnlyList<StateWrite> deletes, CancellationToken cancellationToken) =>
        WriteAsync(deletes, "ERR_STATE_BULK_DELETE", $"failed deleting state in state store {name}", cancellationToken);

    public async Task TransactAsync(IReadOnlyList<StateWrite> writes, CancellationToken cancellationToken)
    {
        List<StateWrite> full = [.. writes.Select(write => write with { Key = Key(write.Key) })];
        try
        {
            await policy.RunAsync(token => store.TransactAsync(full, token).WaitAsync(token), _ => false, time, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw Failed(StatusCode.Internal, 500, "ERR_STATE_TRANSACTION", "error while executing state transaction", exception);
        }
    }

    private async Task<StateResult> ResultAsync(string key, CancellationToken cancellationToken)
    {
        var shown = Shown(key);
        try
        {
            return new StateResult(shown, await store.GetAsync(key, cancellationToken).WaitAsync(cancellationToken), null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return new StateResult(shown, null, exception.Message);
        }
    }

    // A retry makes only those again that failed for another reason than their etag.
    private async Task WriteAsync(IReadOnlyList<StateWrite> writes, string code, string what, CancellationToken cancellationToken)
    {
        IReadOnlyList<StateWrite> left = [.. writes.Select(write => write with { Key = Key(write.Key) })];
        try
        {
            await policy.RunAsync(
                async token =>
                {
                    var results = await Task.WhenAll(left.Select(write => TryWriteAsync(write, token)));
                    var failures = results.OfType<Exception>().ToList();
                    if (failures.Count == 0)
                        return;
                    if (failures.Exists(failure => !IsETag(failure)))
                        left = [.. left.Where((_, i) => results[i] is { } failure && !IsETag(failure))];
                    throw failures.Count == 1 ? failures[0] : Joined(failures);
                },
                IsETag, time, cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            var (grpc, http) = exception switch
            {
                ETagMismatchException => (StatusCode.Aborted, 409),
                InvalidETagException => (StatusCode.InvalidArgument, 400),
                _ => (StatusCode.Internal, 500),
            };
            throw Failed(grpc, http, code, what, exception);
        }
    }

    private async Task<Exception?> TryWriteAsync(StateWrite write, CancellationToken cancellationToken)
    {
        try
        {
            await store.WriteAsync(write, cancellationToken).WaitAsync(cancellationToken);
            return null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            return exception;
        }
    }

    private static Exception Joined(List<Exception> failures)
    {
        var message = string.Join('\n', failures.Select(failure => failure.Message));
        if (failures.Exists(failure => !IsETag(failure)))
            return new InvalidOperationException(message, failures[0]);
        return failures.Find(failure => failure is InvalidETagException) ?? failures[0];
    }

    private static bool IsETag(Exception exception) => exception is ETagMismatchException or InvalidETagException;

    // What an app is shown of a key is its second part, even where there is no prefix.
    private static string Shown(string key) => key.Split(Separator, 3) is [_, var second, ..] ? second : key;

    private string Key(string key) => key.Contains(Separator, StringComparison.Ordinal)
        ? throw new DaprError(
            StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", $"input key/keyPrefix '{key}' can't contain '{Separator}'", reason: "DAPR_STATE_ILLEGAL_KEY")
        : prefix + key;

    private static DaprError Failed(StatusCode grpc, int http, string code, string what, Exception why) => new(grpc, http, code, $"{what}: {why.Message}", why);
}
