using ImDapr.Benchmarks;
using ImDapr.IntegrationTests.Stacks;

if (args is ["echo", var httpPort, var grpcPort])
{
    await EchoServer.RunAsync(int.Parse(httpPort), int.Parse(grpcPort));
    return 0;
}
if (args is ["sidecars", var http, var grpc, var components, .. var appPorts])
{
    await SidecarsServer.RunAsync(int.Parse(http), int.Parse(grpc), components, [.. appPorts.Select(int.Parse)]);
    return 0;
}
var isQuick = args.Contains("--quick");
var plan = isQuick ? new Plan(TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100), 1) : new Plan(TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(1), 3);
using var interrupt = new CancellationTokenSource();
Console.CancelKeyPress += (_, stop) =>
{
    stop.Cancel = true;
    interrupt.Cancel();
};
await using var servers = await TestServers.StartAsync(interrupt.Token);
await using var app = await BenchmarkApp.StartAsync();
await using var system = await SystemUnderTest.StartAsync(servers, app, interrupt.Token);
Console.WriteLine($"idle: LocalDapr with four apps has {await system.IdleMegabytesAsync(isQuick ? TimeSpan.Zero : TimeSpan.FromSeconds(10)):0} MiB resident");
await using var hops = await Hops.CreateAsync(system, app, servers);
await hops.PrepareAsync();
var report = new Report(plan);
foreach (var inFlight in new[] { 1, 64 })
    await report.MeasureAsync(hops, inFlight, system, interrupt.Token);
report.Print();
return 0;
