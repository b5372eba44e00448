using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.ConnectionService.Presence;

public static class PresenceExtensions
{
    public static WebApplicationBuilder AddPresence(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<PresenceOptions>();
        builder.Services.AddSingleton<PresenceStore>().AddSingleton<NodeLeases>().AddSingleton<PresenceChannels>().AddSingleton<PresenceService>();
        builder.Services.AddHostedService<LeaseHeartbeat>();
        return builder;
    }
}
