using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Secrets;

public static class SecretStores
{
    public static ISecretStore Create(ComponentSpec spec) => throw new ComponentException($"{spec.File}: component {spec.Name} has the unknown type {spec.Type}");
}
