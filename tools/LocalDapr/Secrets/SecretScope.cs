using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Secrets;

/// <summary>Which secrets of a store an app may have: a list of what is allowed wins over a list of what is not, and both over the default.</summary>
public sealed record SecretScope(bool AllowsByDefault, IReadOnlyList<string> Allowed, IReadOnlyList<string> Denied)
{
    public static readonly SecretScope All = new(true, [], []);

    internal static SecretScope Read(YamlMap scope)
    {
        scope.Expect("storeName", "defaultAccess", "allowedSecrets", "deniedSecrets");
        var denies = string.Equals(scope.Text("defaultAccess"), "deny", StringComparison.OrdinalIgnoreCase);
        return new SecretScope(!denies, scope.Texts("allowedSecrets"), scope.Texts("deniedSecrets"));
    }

    public bool Allows(string secret) => Allowed.Count > 0 ? Allowed.Contains(secret) : !Denied.Contains(secret) && AllowsByDefault;
}
