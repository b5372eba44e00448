using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ImDapr.LoadTests.Bare;

/// <summary>The bare hub as a process of its own.</summary>
internal static class BareServer
{
    // Those of connection-service, so that an idle connection costs the same pings.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(15);

    /// <summary>Until the process is told to end.</summary>
    public static async Task RunAsync(int port, string redis, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton<IUserIdProvider, QueryUserIdProvider>();
        builder.Services.AddSignalR(hub =>
        {
            hub.KeepAliveInterval = KeepAlive;
            hub.ClientTimeoutInterval = 2 * KeepAlive;
        }).AddStackExchangeRedis(redis);
        await using var app = builder.Build();
        app.Urls.Add($"http://127.0.0.1:{port}");
        app.MapHub<BareHub>("/hub/im");
        await app.StartAsync(cancellationToken);
        Console.WriteLine(BareProcess.ReadyText);
        // The starter holds the other end: it closes when the starter is gone, however that happened.
        await Console.In.ReadToEndAsync(cancellationToken);
        await app.StopAsync(CancellationToken.None); // the end itself
    }
}
