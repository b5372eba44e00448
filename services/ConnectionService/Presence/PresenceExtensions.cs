namespace ImDapr.ConnectionService.Presence;

public static class PresenceExtensions
{
    public static WebApplicationBuilder AddPresence(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<PresenceOptions>().BindConfiguration("Presence").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<PresenceStore>().AddSingleton<NodeLeases>().AddSingleton<PresenceService>();
        builder.Services.AddHostedService<LeaseHeartbeat>();
        return builder;
    }
}
