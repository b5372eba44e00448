using System.Collections;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Secrets;

/// <summary><c>secretstores.local.env</c>: the environment of this process, but for what is Dapr's own. What is missing is empty, not an error.</summary>
/// <remarks><c>{prefix}{name}</c> is the variable of a secret; names are told without the prefix.</remarks>
internal sealed partial class EnvironmentSecretStore(ComponentSpec spec, ILogger<EnvironmentSecretStore> logger) : ISecretStore
{
    private static readonly StringComparison Comparison = OperatingSystem.IsWindows() ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;

    private readonly string _prefix = spec.Find("prefix") ?? "";

    public Task InitAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<IReadOnlyDictionary<string, string>?> GetAsync(string name, CancellationToken cancellationToken)
    {
        var variable = _prefix + name;
        if (!IsAllowed(variable))
            LogForbidden(name);
        var value = IsAllowed(variable) ? Environment.GetEnvironmentVariable(variable) : null;
        return Task.FromResult<IReadOnlyDictionary<string, string>?>(new Dictionary<string, string> { [name] = value ?? "" });
    }

    public Task<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>> GetAllAsync(CancellationToken cancellationToken)
    {
        var secrets = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var key = (string)variable.Key;
            // A variable that is the prefix and nothing else has no name to be told by.
            if (!IsAllowed(key) || !key.StartsWith(_prefix, Comparison) || (_prefix.Length > 0 && key.Length == _prefix.Length))
                continue;
            var name = key[_prefix.Length..];
            secrets[name] = new Dictionary<string, string> { [name] = (string?)variable.Value ?? "" };
        }
        return Task.FromResult<IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>>>(secrets);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static bool IsAllowed(string variable) =>
        !variable.Equals("APP_API_TOKEN", StringComparison.OrdinalIgnoreCase) && !variable.StartsWith("DAPR_", StringComparison.OrdinalIgnoreCase);

    [LoggerMessage(9361, LogLevel.Warning, "Access to the environment variable of secret {Name} is forbidden: it is answered as empty")]
    private partial void LogForbidden(string name);
}
