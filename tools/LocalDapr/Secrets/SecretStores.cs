using ImDapr.LocalDapr.Resources;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.LocalDapr.Secrets;

/// <summary>The kinds of secret store that LocalDapr knows.</summary>
public static class SecretStores
{
    /// <exception cref="ComponentException">The type is unknown, or its metadata cannot be read.</exception>
    public static ISecretStore Create(ComponentSpec spec, ILoggerFactory? loggers = null) => spec.Type switch
    {
        "secretstores.local.env" => new EnvironmentSecretStore(spec, (loggers ?? NullLoggerFactory.Instance).CreateLogger<EnvironmentSecretStore>()),
        "secretstores.local.file" => new FileSecretStore(spec),
        _ => throw new ComponentException(
            $"{spec.File}: component {spec.Name} has the unknown type {spec.Type}; known are secretstores.local.env and secretstores.local.file"),
    };
}
