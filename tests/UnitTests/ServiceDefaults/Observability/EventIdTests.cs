using System.Reflection;
using ImDapr.ServiceDefaults.Observability;
using Microsoft.Extensions.Logging;

namespace ImDapr.UnitTests.ServiceDefaults.Observability;

public sealed class EventIdTests
{
    [Fact]
    public void An_event_id_means_one_thing()
    {
        Assembly[] services =
        [
            typeof(MetricNames).Assembly, typeof(ImDapr.UserService.Telemetry.UserMetrics).Assembly,
            typeof(ImDapr.ConnectionService.Telemetry.ConnectionMetrics).Assembly, typeof(ImDapr.MessageService.Telemetry.MessageMetrics).Assembly,
        ];

        var events = services.SelectMany(service => service.GetTypes())
            .SelectMany(type => type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public | BindingFlags.DeclaredOnly))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>()).OfType<LoggerMessageAttribute>().ToList();

        Assert.NotEmpty(events);
        Assert.Empty(events.GroupBy(logged => logged.EventId).Where(same => same.Count() > 1).Select(same => $"{same.Key}: {string.Join(" / ", same.Select(logged => logged.Message))}"));
    }
}
