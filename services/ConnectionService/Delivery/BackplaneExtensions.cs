using ImDapr.ServiceDefaults.Health;

namespace ImDapr.ConnectionService.Delivery;

public static class BackplaneExtensions
{
    /// <summary>Joins the nodes over Redis when there is one. SignalR knows nothing of it: its hub is this node's, and has no subscription for a connection.</summary>
    public static WebApplicationBuilder AddBackplane(this WebApplicationBuilder builder, Backplane backplane)
    {
        builder.Services.AddSingleton(backplane);
        if (!backplane.IsConfigured)
            return builder;
        builder.Services.AddSingleton<BackplaneLink>().AddSingleton<BackplaneWatch>().AddSingleton<NodeChannel>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<BackplaneWatch>());
        builder.Services.AddHostedService(provider => provider.GetRequiredService<NodeChannel>());
        builder.Services.AddReadinessPart<BackplaneCheck>("backplane");
        return builder;
    }
}
