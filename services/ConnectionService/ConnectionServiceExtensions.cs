using Dapr.Client;
using ImDapr.ConnectionService.Delivery;
using ImDapr.ConnectionService.Edge;
using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Presence;
using ImDapr.ConnectionService.Sending;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Actors;
using ImDapr.ServiceDefaults.Auth;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService;

/// <summary>Wiring of each feature.</summary>
public static class ConnectionServiceExtensions
{
    // A body over 16 KiB is refused with a code and the connection lives; a message over this ends the connection.
    private const int MaxMessageBytes = 512 * 1024;

    public static async Task<WebApplicationBuilder> AddHubAsync(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<NodeIdentity>().AddSingleton<DeviceSessions>().AddSingleton<IUserIdProvider, TokenUserIdProvider>();
        builder.Services.AddUserActorClient();
        var signalR = builder.Services.AddSignalR(hub =>
        {
            hub.MaximumReceiveMessageSize = MaxMessageBytes;
            hub.AddFilter<HubErrors>();
        });
        signalR.AddJsonProtocol(json =>
        {
            json.PayloadSerializerOptions = new(ContractsJson.Wire) { Converters = { new ArgumentConverterFactory() } };
        });
        signalR.AddMessagePackProtocol(pack => pack.SerializerOptions = MessagePack.MessagePackSerializerOptions.Standard
            .WithResolver(JsonShapedResolver.Instance)
            .WithSecurity(MessagePack.MessagePackSecurity.UntrustedData));
        await builder.AddBackplaneAsync(signalR);
        return builder;
    }

    public static WebApplicationBuilder AddSending(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(provider => new MessageServiceClient(
            DaprClient.CreateInvokeHttpClient(DaprNames.MessageService, DaprEndpoint.Http(provider), DaprEndpoint.ApiToken(provider))));
        builder.Services.AddSingleton(provider => new SendQueue(
            provider.GetRequiredService<MessageServiceClient>().SendAsync, provider.GetRequiredService<ILogger<SendQueue>>()));
        builder.Services.AddHostedService(provider => provider.GetRequiredService<SendQueue>());
        return builder;
    }

    public static WebApplicationBuilder AddDelivery(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<DeliveryHandler>();
        return builder;
    }

    public static WebApplicationBuilder AddPresence(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<PresenceOptions>().BindConfiguration("Presence").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<PresenceStore>().AddSingleton<PresenceReader>().AddSingleton<PresenceTracker>().AddSingleton<PresenceWatch>();
        builder.Services.AddHostedService<NodeHeartbeat>();
        return builder;
    }

    public static WebApplicationBuilder AddEdge(this WebApplicationBuilder builder)
    {
        builder.Services.AddHttpForwarder();
        builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy
            .WithOrigins(builder.Configuration.GetSection("Cors:Origins").Get<string[]>() ?? [])
            .AllowAnyHeader().AllowAnyMethod().AllowCredentials()));
        return builder;
    }

    public static void MapHub(this WebApplication app) => app.MapHub<ImHub>("/hub/im", hub => hub.CloseOnAuthenticationExpiration = true);

    private sealed class TokenUserIdProvider : IUserIdProvider
    {
        public string? GetUserId(HubConnectionContext connection) => connection.User.UserId();
    }
}
