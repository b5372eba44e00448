using System.Net;
using System.Text.RegularExpressions;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.ServiceDefaults.Observability;

namespace ImDapr.IntegrationTests.Observability;

[Collection(ObservedSuite.Name)]
public sealed partial class MetricsTests(ObservedCluster cluster)
{
    [Fact]
    public async Task What_happened_is_on_the_metrics_endpoint_under_its_stable_name()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        await using var bobsDevice = await bob.ConnectAsync();
        await annsDevice.SendToAsync(bob.Id, "hello");
        await bobsDevice.NextPushAsync();
        await bobsDevice.AckAsync(1);
        await annsDevice.RefusedAsync("Send", new { toUserId = bob.Id, type = "text", body = new { text = "x" } });
        using var http = new HttpClient();
        await http.GetAsync(new Uri(cluster.Management(DaprNames.MessageService), "readyz"));

        await Eventually.TrueAsync(async () => (await ScrapeAsync(DaprNames.ConnectionService)).Contains(MetricNames.PushDuration, StringComparison.Ordinal));
        var connection = await ScrapeAsync(DaprNames.ConnectionService);
        var message = await ScrapeAsync(DaprNames.MessageService);
        var user = await ScrapeAsync(DaprNames.UserService);

        Assert.All(
            [MetricNames.Connections, MetricNames.Sends, MetricNames.SendDuration + "_bucket", MetricNames.Acks, MetricNames.Syncs, MetricNames.SyncDuration + "_count",
             MetricNames.SendQueue, MetricNames.SendBatch + "_bucket", MetricNames.Pushes, MetricNames.PushBatch + "_sum", MetricNames.PushDuration + "_bucket", MetricNames.PushDelay + "_bucket"],
            name => Assert.True(Has(connection, name), name + "\n" + connection));
        Assert.All(
            [MetricNames.StoreQueue, MetricNames.StoreBatch + "_bucket", MetricNames.StoreDuration + "_bucket", MetricNames.PublishBatch + "_bucket", MetricNames.PublishDuration + "_bucket",
             MetricNames.FanOutBatch + "_bucket", MetricNames.FanOutDuration + "_bucket", MetricNames.AppendBatch + "_bucket", MetricNames.AppendDuration + "_bucket",
             MetricNames.Ready, MetricNames.PartUp],
            name => Assert.True(Has(message, name), name + "\n" + message));
        Assert.True(Has(user, MetricNames.Logins), user);
        Assert.Matches(Refusals(), connection);
        Assert.DoesNotContain(ann.Id, connection + message + user, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_notification_that_nobody_can_deliver_is_counted_as_a_dead_letter()
    {
        Assert.DoesNotMatch(DeadNotifications(), await ScrapeAsync(DaprNames.MessageService));

        await SidecarPublisher.PublishAsync(cluster.Sidecar(DaprNames.MessageService), Topics.Notifications, new { id = "bad" }, "billing");

        await Eventually.TrueAsync(async () => DeadNotifications().IsMatch(await ScrapeAsync(DaprNames.MessageService)));
    }

    [Fact]
    public async Task Nothing_of_the_platform_is_on_the_public_origin_but_that_the_process_is_there()
    {
        using var http = new HttpClient { BaseAddress = cluster.Origin() };

        foreach (var path in new[] { "metrics", "livez", "readyz", "METRICS", "readyz/" })
            Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(path)).StatusCode);
        using var health = await http.GetAsync("healthz");
        Assert.Equal((HttpStatusCode.OK, ""), (health.StatusCode, await health.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task Nothing_but_probes_and_metrics_is_on_the_management_port()
    {
        using var http = new HttpClient { BaseAddress = cluster.Management(DaprNames.ConnectionService) };

        foreach (var path in new[] { "api/users/me", "hub/im", "dapr/subscribe", "events/deliveries", "" })
            Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(path)).StatusCode);
        foreach (var path in new[] { "livez", "readyz", "healthz", "metrics" })
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(path)).StatusCode);
        Assert.Equal("""{"ready":true,"away":[],"draining":false}""", await http.GetStringAsync("readyz"));
    }

    private async Task<string> ScrapeAsync(string appId)
    {
        using var http = new HttpClient();
        return await http.GetStringAsync(new Uri(cluster.Management(appId), "metrics"));
    }

    private static bool Has(string scrape, string name) => scrape.Contains($"\n{name}{{", StringComparison.Ordinal) || scrape.Contains($"\n{name} ", StringComparison.Ordinal);

    [GeneratedRegex("""imdapr_sends_total\{[^}]*outcome="invalid_argument"[^}]*\} [1-9]""")]
    private static partial Regex Refusals();

    [GeneratedRegex("""imdapr_dead_letters_total\{[^}]*topic="im.notifications"[^}]*\} 1""")]
    private static partial Regex DeadNotifications();
}
