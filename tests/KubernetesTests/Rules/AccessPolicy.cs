using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ImDapr.KubernetesTests.Rendering;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>
/// A Configuration's access control, judged as a sidecar judges it: the caller's policy, in it the operation, in it the verb, else what is usual.
/// </summary>
internal sealed class AccessPolicy(JsonNode control)
{
    private const string Allow = "allow";

    public bool Allows(string caller, string callersNamespace, string callersTrustDomain, string verb, string path)
    {
        var policy = control["policies"].Items().FirstOrDefault(policy => policy["appId"].Text() == caller && policy["namespace"].Text() == callersNamespace);
        if (policy is null || policy["trustDomain"].Text() != callersTrustDomain)
            return control["defaultAction"].Text() == Allow;
        var operation = policy["operations"].Items().FirstOrDefault(operation => Matches(operation["name"].Text(), path));
        var isNamed = operation?["httpVerb"].Texts().Any(named => named == verb || named == "*") == true;
        return (isNamed ? operation!["action"] : policy["defaultAction"]).Text() == Allow;
    }

    /// <summary>One star is one segment or a part of it, two are all that follow. Letters of either case are the same.</summary>
    public static bool Matches(string pattern, string path)
    {
        var expression = Regex.Escape(pattern).Replace(@"\*\*", ".+", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal);
        return Regex.IsMatch(path, $@"\A{expression}\z", RegexOptions.IgnoreCase);
    }
}
