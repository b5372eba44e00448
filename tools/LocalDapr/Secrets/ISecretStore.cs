namespace ImDapr.LocalDapr.Secrets;

public interface ISecretStore : IAsyncDisposable
{
    Task InitAsync(CancellationToken cancellationToken);

    Task<IReadOnlyDictionary<string, string>?> GetAsync(string name, CancellationToken cancellationToken);

    Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(CancellationToken cancellationToken);
}
