using ImDapr.KubernetesTests.Rendering;
using ImDapr.KubernetesTests.Services;
using ImDapr.ServiceDefaults.Hosting;

namespace ImDapr.KubernetesTests.Rules;

/// <summary>Who may call what through the sidecars.</summary>
public sealed class AccessTests
{
    private static readonly string[] Clients = ["CreateInvokeHttpClient(", "InternalCalls.ClientOf(", "/v1.0/invoke/"];

    // Not routes of the framework, or behind a service's own middleware.
    private static readonly string[] OfTheSidecar =
        [.. ManagementPort.Probes, "/actors/UserActor/x/method/Sync", "/actors/UserActor/x", "/dapr/config", "/dapr/subscribe"];

    private static readonly string[] Verbs = ["GET", "POST", "PUT", "DELETE"];

    [Fact]
    public void Every_app_refuses_what_no_policy_allows() => Rule.Holds(Clusters.Services, service => Refusals(service).Where(action => action != "deny"));

    [Fact]
    public async Task Only_who_calls_a_route_may_call_it()
    {
        var invocations = await Invocations.AllAsync();
        var routes = ServiceApp.All.SelectMany(app => app.Routes.Concat(Guarded(app.AppId))).Distinct().ToList();

        Rule.Holds(Clusters.All, cluster => routes.SelectMany(route => CallersOf(cluster)
            .Where(caller => IsAllowed(cluster, caller, route) != invocations.Contains((caller, route)))
            .Select(caller => $"{route} is {(invocations.Contains((caller, route)) ? "refused" : "allowed")} to {caller}")));
    }

    [Fact]
    public async Task Every_internal_route_is_called()
    {
        var called = (await Invocations.AllAsync()).Select(invocation => invocation.Route).ToHashSet();

        Rule.Holds(ServiceApp.All.SelectMany(app => app.Routes).Where(route => IsInternal(route.Path)), called.Contains, "nobody is known who calls it");
        Rule.Holds(called.Where(route => IsInternal(route.Path)), ServiceApp.All.SelectMany(app => app.Routes).Contains, "is called and does not exist");
    }

    // A client of another service that is not among Invocations would be refused in a cluster only.
    [Fact]
    public void All_clients_of_other_services_are_known() => Assert.Equal(
        [
            "services/ConnectionService/Edge/EdgeTransformer.cs", "services/ConnectionService/Sending/MessageServiceClient.cs",
            "services/MessageService/MessageServiceExtensions.cs", "services/ServiceDefaults/Auth/ImAuthenticationExtensions.cs",
            "services/ServiceDefaults/Versions/InternalCalls.cs",
        ],
        Sources.Below("services", ".cs").Where(file => Clients.Any(call => file.Value.Contains(call, StringComparison.Ordinal))).Select(file => file.Key).Order(StringComparer.Ordinal));

    [Theory]
    [InlineData("/api/**", "/api/users", true)]
    [InlineData("/api/**", "/API/groups/x/members", true)]
    [InlineData("/api/**", "/apis/users", false)]
    [InlineData("/internal/**", "/events/internal/x", false)]
    [InlineData("/.well-known/*", "/.well-known/jwks.json", true)]
    [InlineData("/.well-known/*", "/.well-known/a/b", false)]
    [InlineData("/.well-known/*", "/xwell-known/jwks.json", false)]
    public void A_pattern_is_read_as_a_sidecar_reads_it(string pattern, string path, bool expected) =>
        Assert.Equal(expected, AccessPolicy.Matches(pattern, path));

    private static bool IsInternal(string path) => path.StartsWith("/internal/", StringComparison.Ordinal);

    private static IEnumerable<string> Refusals(Workload service)
    {
        var control = ConfigurationOf(service.Cluster, service.Name).Spec!["accessControl"]!;
        return control["policies"].Items().Select(policy => policy["defaultAction"].Text()).Prepend(control["defaultAction"].Text());
    }

    private static IEnumerable<Route> Guarded(string appId) => OfTheSidecar.SelectMany(path => Verbs.Select(verb => new Route(appId, verb, path)));

    private static IEnumerable<string> CallersOf(Cluster cluster) =>
        cluster.Workloads.Where(workload => workload.HasSidecar).Select(workload => workload.Annotations["dapr.io/app-id"]).Append("somebody-else");

    private static bool IsAllowed(Cluster cluster, string caller, Route route) =>
        new AccessPolicy(ConfigurationOf(cluster, route.AppId).Spec!["accessControl"]!)
            .Allows(caller, cluster.Namespace, TrustDomainOf(cluster, caller), route.Verb, route.Path);

    // A sidecar's own Configuration says under which trust domain it is known.
    private static string TrustDomainOf(Cluster cluster, string caller) =>
        cluster.Find("Configuration", caller)?.Spec!["accessControl"]?["trustDomain"]?.Text() ?? "public";

    private static Manifest ConfigurationOf(Cluster cluster, string appId) =>
        cluster.Find("Configuration", cluster.Workloads.Single(workload => workload.IsService && workload.Name == appId).Annotations["dapr.io/config"])!;
}
