namespace ImDapr.ConnectionService.Sending;

public static class SendingExtensions
{
    public static WebApplicationBuilder AddSending(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<SendQueueOptions>().BindConfiguration("Sending").ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton(MessageServiceClient.Create);
        builder.Services.AddSingleton<SendQueue>().AddHostedService(provider => provider.GetRequiredService<SendQueue>());
        builder.Services.AddSingleton<AckQueue>().AddHostedService(provider => provider.GetRequiredService<AckQueue>());
        return builder;
    }
}
