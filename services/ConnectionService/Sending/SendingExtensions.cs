using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.ConnectionService.Sending;

public static class SendingExtensions
{
    public static WebApplicationBuilder AddSending(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<SendQueueOptions>();
        builder.Services.AddSingleton(MessageServiceClient.Create);
        builder.Services.AddSingleton<SendQueue>().AddHostedService(provider => provider.GetRequiredService<SendQueue>());
        builder.Services.AddSingleton<AckQueue>().AddHostedService(provider => provider.GetRequiredService<AckQueue>());
        return builder;
    }
}
