using ImDapr.Contracts;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace ImDapr.KubernetesTests.Services;

/// <summary>A service as its own Program builds it, asked what it serves. Nothing of it runs that needs a sidecar.</summary>
internal sealed class ServiceApp
{
    private static readonly string[] AnyVerb = ["GET", "POST"];

    private ServiceApp(string appId, IServiceProvider services)
    {
        var endpoints = services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();
        AppId = appId;
        Routes = [.. endpoints.SelectMany(endpoint => VerbsOf(endpoint).Select(verb => new Route(appId, verb, ExampleOf(endpoint, appId)))).Distinct()];
        Subscriptions = [.. endpoints.Select(endpoint => Subscription.Of(appId, endpoint)).OfType<Subscription>()];
        ShutdownTimeout = services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout;
    }

    public static IReadOnlyList<ServiceApp> All { get; } =
    [
        Build<UserService.Groups.GroupOptions>(DaprNames.UserService),
        Build<MessageService.Sending.MessageWriter>(DaprNames.MessageService),
        Build<ConnectionService.Hubs.ImHub>(DaprNames.ConnectionService),
    ];

    public string AppId { get; }

    public IReadOnlyList<Route> Routes { get; }

    public IReadOnlyList<Subscription> Subscriptions { get; }

    /// <summary>What the host waits for after the drain.</summary>
    public TimeSpan ShutdownTimeout { get; }

    public static ServiceApp Of(string appId) => All.Single(app => app.AppId == appId);

    private static ServiceApp Build<TEntryPoint>(string appId) where TEntryPoint : class
    {
        using var factory = new Factory<TEntryPoint>();
        return new ServiceApp(appId, factory.Services);
    }

    private static IEnumerable<string> VerbsOf(RouteEndpoint endpoint) =>
        endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is { Count: > 0 } verbs ? verbs : AnyVerb;

    private static string ExampleOf(RouteEndpoint endpoint, string appId) => "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment =>
        string.Concat(segment.Parts.Select(part => part switch
        {
            RoutePatternLiteralPart literal => literal.Content,
            RoutePatternParameterPart { Name: "documentName" } => appId,
            RoutePatternSeparatorPart separator => separator.Content,
            _ => "x",
        }))));

    private sealed class Factory<TEntryPoint> : WebApplicationFactory<TEntryPoint> where TEntryPoint : class
    {
        protected override IHost CreateHost(IHostBuilder builder)
        {
            // As in the cluster there is a backplane, and nobody looks for one.
            builder.ConfigureHostConfiguration(configuration => configuration.AddInMemoryCollection(
                [KeyValuePair.Create("Backplane:Redis", (string?)"127.0.0.1:1"), KeyValuePair.Create("Log:Level", (string?)"Fatal")]));
            builder.ConfigureServices(services =>
            {
                foreach (var background in services.Where(IsBackground).ToList())
                    services.Remove(background);
            });
            return base.CreateHost(builder);
        }

        private static bool IsBackground(ServiceDescriptor service) =>
            service.ServiceType == typeof(IHostedService) && service.ImplementationType?.Name != "GenericWebHostService";
    }
}
