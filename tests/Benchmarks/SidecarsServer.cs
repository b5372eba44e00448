using ImDapr.LocalDapr.Hosting;

namespace ImDapr.Benchmarks;

/// <summary>LocalDapr in a process of its own: a sidecar for each app.</summary>
internal static class SidecarsServer
{
    public static async Task RunAsync(int httpPort, int grpcPort, string components, int[] appPorts)
    {
        using var loggers = LoggerFactory.Create(logging => logging.AddConsole().SetMinimumLevel(LogLevel.Warning));
        await using var host = new LocalDaprHost(components, loggers);
        for (var i = 0; i < appPorts.Length; i++)
        {
            var sidecar = await host.AddSidecarAsync(new SidecarOptions($"bench-{i}", appPorts[i], [components])
            {
                HttpPort = i == 0 ? httpPort : 0,
                GrpcPort = i == 0 ? grpcPort : 0,
            });
            await sidecar.ConnectAppAsync();
        }
        await Task.Delay(Timeout.Infinite); // until it is killed
    }
}
