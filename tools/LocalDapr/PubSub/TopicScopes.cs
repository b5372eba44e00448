using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>Which topics of a component an app may publish and subscribe to, from the component's metadata.</summary>
/// <remarks><c>allowedTopics</c> and <c>protectedTopics</c>: <c>t1,t2</c>; <c>publishingScopes</c> and <c>subscriptionScopes</c>: <c>app1=t1,t2;app2=</c>.</remarks>
public sealed class TopicScopes
{
    private readonly HashSet<string> _allowed, _protected, _publishing, _subscribing;

    public TopicScopes(ComponentSpec spec)
    {
        _allowed = Topics(spec.Find("allowedTopics"));
        _protected = Topics(spec.Find("protectedTopics"));
        _publishing = Scope(spec, "publishingScopes");
        _subscribing = Scope(spec, "subscriptionScopes");
    }

    public bool MayPublish(string topic) => IsAllowed(topic, _publishing);

    public bool MaySubscribe(string topic) => IsAllowed(topic, _subscribing);

    // An app that a scope does not name is free to use every topic but the protected ones; one that it names with nothing, too.
    private bool IsAllowed(string topic, HashSet<string> scope)
    {
        if (_allowed.Count > 0 && !_allowed.Contains(topic))
            return false;
        return (!_protected.Contains(topic) && scope.Count == 0) || scope.Contains(topic);
    }

    private static HashSet<string> Scope(ComponentSpec spec, string name) => (spec.Find(name) ?? "").Replace(" ", "").Split(';')
        .Select(scope => scope.Split('='))
        .Where(scope => scope.Length > 1 && scope[0] == spec.AppId)
        .SelectMany(scope => scope[1].Split(','))
        .ToHashSet();

    private static HashSet<string> Topics(string? text) => string.IsNullOrEmpty(text) ? [] : text.Replace(" ", "").Split(',').ToHashSet();
}
