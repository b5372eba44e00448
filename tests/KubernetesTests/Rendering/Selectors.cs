using k8s.Models;

namespace ImDapr.KubernetesTests.Rendering;

/// <summary>Which labels a selector selects, as Kubernetes reads it: an empty one selects all, none selects nothing.</summary>
internal static class Selectors
{
    public static bool Selects(this V1LabelSelector? selector, IDictionary<string, string> labels) =>
        selector is not null && (selector.MatchLabels ?? new Dictionary<string, string>()).IsIn(labels)
            && (selector.MatchExpressions ?? []).All(expression => Selects(expression, labels));

    /// <summary>A Service's selector, which knows equality only.</summary>
    public static bool IsIn(this IDictionary<string, string> selector, IDictionary<string, string> labels) =>
        selector.All(wanted => labels.TryGetValue(wanted.Key, out var value) && value == wanted.Value);

    private static bool Selects(V1LabelSelectorRequirement expression, IDictionary<string, string> labels) => expression.OperatorProperty switch
    {
        "In" => labels.TryGetValue(expression.Key, out var value) && expression.Values.Contains(value),
        "NotIn" => !labels.TryGetValue(expression.Key, out var value) || !expression.Values.Contains(value),
        "Exists" => labels.ContainsKey(expression.Key),
        "DoesNotExist" => !labels.ContainsKey(expression.Key),
        var other => throw new InvalidOperationException($"{other} is no operator of a selector."),
    };
}
