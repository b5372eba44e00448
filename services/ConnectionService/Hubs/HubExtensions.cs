using ImDapr.ConnectionService.Overload;
using ImDapr.ConnectionService.Protocol;
using ImDapr.ServiceDefaults.Auth;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>The hub with its limits.</summary>
public static class HubExtensions
{
    public const string Path = "/hub/im";

    // Far above the 16 KiB of a body, so that a body that is too large gets its answer instead of a closed connection.
    private const int MaxMessageBytes = 512 * 1024;

    // What a client has under way beyond that waits in its socket.
    private const int CallsUnderWay = 32;

    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    public static WebApplicationBuilder AddHub(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<IUserIdProvider, SubjectUserIdProvider>();
        builder.Services.AddSingleton<HubErrors>().AddSingleton<HubFilter>();
        builder.Services.AddSignalR(Configure).AddImProtocols();
        return builder;
    }

    // What MapHub does, with the bounded output before the hub.
    public static void MapHub(this IEndpointRouteBuilder routes)
    {
        var pushes = routes.ServiceProvider.GetRequiredService<IOptions<PushOptions>>().Value;
        var http = new HttpConnectionDispatcherOptions
        {
            CloseOnAuthenticationExpiration = true,
            TransportSendTimeout = TimeSpan.FromSeconds(pushes.SendTimeoutSeconds),
        };
        routes.MapConnections(Path, http, connection => connection.UseBoundedOutput().UseHub<ImHub>())
            .WithMetadata(new HubMetadata(typeof(ImHub)))
            .RequireAuthorization(policy => policy.RequireAuthenticatedUser().RequireAssertion(IsDeviceOfToken));
    }

    private static void Configure(HubOptions hub)
    {
        hub.MaximumReceiveMessageSize = MaxMessageBytes;
        hub.KeepAliveInterval = KeepAlive;
        hub.ClientTimeoutInterval = 2 * KeepAlive;
        hub.EnableDetailedErrors = false;
        // So that a client's sends travel together. A call runs in the order of its arrival until it first waits, and by then a send stands in its queue:
        // sends keep their order (SendQueueOptions.BatchesInFlight).
        hub.MaximumParallelInvocationsPerClient = CallsUnderWay;
        hub.AddFilter<HubFilter>();
    }

    // The query is for logs and load balancers; the token is the truth, and a client that confuses its devices is told at once.
    private static bool IsDeviceOfToken(AuthorizationHandlerContext authorization)
    {
        if (authorization is not { Resource: HttpContext http, User.Identity.IsAuthenticated: true })
            return false;
        return Matches(http.Request.Query["deviceId"], http.User.DeviceId()) && Matches(http.Request.Query["platform"], http.User.Platform());
    }

    private static bool Matches(string? given, string actual) => given is null || given == actual;
}
