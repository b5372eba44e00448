using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Protocol;

/// <summary>JSON and MessagePack with one shape and one way to say an error.</summary>
public static class ProtocolExtensions
{
    public static ISignalRServerBuilder AddImProtocols(this ISignalRServerBuilder signalR)
    {
        // Its own writer escapes as ours does.
        signalR.AddJsonProtocol(json => json.PayloadSerializerOptions = ContractsJson.ForWriter);
        signalR.AddMessagePackProtocol(pack => pack.SerializerOptions = JsonShapedResolver.Options);
        signalR.Services.RemoveAll<IHubProtocol>();
        signalR.Services.AddSingleton<IHubProtocol>(provider => new CodedErrorProtocol(
            new JsonHubProtocol(provider.GetRequiredService<IOptions<JsonHubProtocolOptions>>())));
        signalR.Services.AddSingleton<IHubProtocol>(provider => new CodedErrorProtocol(
            new MessagePackHubProtocol(provider.GetRequiredService<IOptions<MessagePackHubProtocolOptions>>())));
        return signalR;
    }
}
