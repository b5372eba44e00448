using System.IO.Pipelines;
using ImDapr.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace ImDapr.ConnectionService.Overload;

/// <summary>What keeps this node alive when more comes than it can do, or a client takes less than it gets.</summary>
public static partial class OverloadExtensions
{
    public static WebApplicationBuilder AddOverload(this WebApplicationBuilder builder)
    {
        builder.Services.AddSettings<RateLimitOptions>();
        builder.Services.AddSettings<PushOptions>();
        builder.Services.AddSingleton<HubLimits>().AddSingleton<EdgeLimits>();
        return builder;
    }

    /// <summary>After authentication: who calls decides whose rate it is.</summary>
    public static void UseEdgeLimits(this WebApplication app) => app.Use(app.Services.GetRequiredService<EdgeLimits>().CheckAsync);

    /// <summary>Closes a connection when too much waits for its client (<see cref="BoundedOutput"/>).</summary>
    public static IConnectionBuilder UseBoundedOutput(this IConnectionBuilder connections)
    {
        var maxWaiting = connections.ApplicationServices.GetRequiredService<IOptions<PushOptions>>().Value.MaxWaitingBytes;
        var logger = connections.ApplicationServices.GetRequiredService<ILogger<BoundedOutput>>();
        return connections.Use(next => connection => RunAsync(connection, maxWaiting, logger, next));
    }

    private static async Task RunAsync(ConnectionContext connection, int maxWaiting, ILogger logger, ConnectionDelegate next)
    {
        var transport = connection.Transport;
        var output = new BoundedOutput(
            transport.Output,
            maxWaiting,
            () =>
            {
                LogSlow(logger, connection.ConnectionId, maxWaiting);
                connection.Abort();
            },
            connection.ConnectionClosed);
        connection.Transport = new Duplex(transport.Input, output);
        try
        {
            await next(connection);
        }
        finally
        {
            await output.FinishAsync();
            connection.Transport = transport;
        }
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    [LoggerMessage(2501, LogLevel.Warning, "Connection {ConnectionId} is closed: more than {Bytes} bytes wait for its client, which does not read")]
    private static partial void LogSlow(ILogger logger, string connectionId, int bytes);
}
