using Dapr.Actors;
using Dapr.Actors.Client;
using ImDapr.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace ImDapr.ServiceDefaults.Actors;

/// <summary>Calls a user's actor. Every call may be repeated by Dapr, so every method there is harmless to repeat.</summary>
public sealed class UserActorClient(IActorProxyFactory proxies)
{
    public Task<SessionOpened> OpenSessionAsync(string userId, DeviceSession session, CancellationToken cancellationToken) =>
        Proxy(userId).InvokeMethodAsync<DeviceSession, SessionOpened>(UserActorMethods.OpenSession, session, cancellationToken);

    public Task CloseSessionAsync(string userId, DeviceSession session, CancellationToken cancellationToken) =>
        Proxy(userId).InvokeMethodAsync(UserActorMethods.CloseSession, session, cancellationToken);

    public Task<Answer<SyncPage>> SyncAsync(string userId, ActorSync sync, CancellationToken cancellationToken) =>
        Proxy(userId).InvokeMethodAsync<ActorSync, Answer<SyncPage>>(UserActorMethods.Sync, sync, cancellationToken);

    public Task DropDeviceAsync(string userId, string deviceId, CancellationToken cancellationToken) =>
        Proxy(userId).InvokeMethodAsync(UserActorMethods.DropDevice, deviceId, cancellationToken);

    private ActorProxy Proxy(string userId) => proxies.Create(new ActorId(userId), DaprNames.UserActor);
}

public static class UserActorClientExtensions
{
    /// <summary>A client for user actors, for a service that hosts none itself.</summary>
    public static IServiceCollection AddUserActorClient(this IServiceCollection services)
    {
        services.AddSingleton<IActorProxyFactory>(provider => new ActorProxyFactory(new ActorProxyOptions
        {
            JsonSerializerOptions = ContractsJson.Wire,
            HttpEndpoint = DaprEndpoint.Http(provider),
            DaprApiToken = DaprEndpoint.ApiToken(provider),
            RequestTimeout = TimeSpan.FromSeconds(15),
        }));
        return services.AddSingleton<UserActorClient>();
    }
}
