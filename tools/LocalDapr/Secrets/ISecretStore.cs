namespace ImDapr.LocalDapr.Secrets;

/// <summary>A secret store of one sidecar, with the semantics of the component it is named after.</summary>
public interface ISecretStore : IAsyncDisposable
{
    Task InitAsync(CancellationToken cancellationToken);

    /// <summary>A secret's values by name; a secret of one value has it under its own name. Null: there is no answer, which is no error.</summary>
    /// <exception cref="SecretStoreException">There is no such secret, where the store tells.</exception>
    Task<IReadOnlyDictionary<string, string>?> GetAsync(string name, CancellationToken cancellationToken);

    Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(CancellationToken cancellationToken);
}

/// <summary>The store refused or failed; the message is what daprd's component would say.</summary>
public sealed class SecretStoreException(string message) : Exception(message);
