using Grpc.Core;
using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.Policies;

namespace ImDapr.LocalDapr.Secrets;

/// <summary>A secret store as an app sees it: what a Configuration denies is denied, errors as daprd tells them.</summary>
public sealed class SecretBlock(string name, ISecretStore store, SecretScope scope, ResiliencyPolicy policy, TimeProvider time)
{
    /// <exception cref="DaprError">It is denied, or the store does not have it.</exception>
    public async Task<IReadOnlyDictionary<string, string>> GetAsync(string key, CancellationToken cancellationToken)
    {
        if (!scope.Allows(key))
            throw new DaprError(StatusCode.PermissionDenied, 403, "ERR_PERMISSION_DENIED", $"access denied by policy to get \"{key}\" from \"{name}\"");
        try
        {
            IReadOnlyDictionary<string, string>? secret = null;
            await policy.RunAsync(async token => secret = await store.GetAsync(key, token), _ => false, time, cancellationToken);
            return secret ?? new Dictionary<string, string>();
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new DaprError(
                StatusCode.Internal, 500, "ERR_SECRET_GET", $"failed getting secret with key {key} from secret store {name}: {exception.Message}", exception);
        }
    }

    /// <summary>Every secret that is allowed.</summary>
    public async Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>? secrets = null;
            await policy.RunAsync(async token => secrets = await store.GetAllAsync(token), _ => false, time, cancellationToken);
            return secrets!.Where(secret => scope.Allows(secret.Key)).ToDictionary();
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw new DaprError(
                StatusCode.Internal, 500, "ERR_SECRET_GET", $"failed getting secrets from secret store {name}: {exception.Message}", exception);
        }
    }
}
