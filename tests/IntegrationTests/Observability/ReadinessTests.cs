using System.Net;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Observability;

[Collection(RedisMySqlSuite.Name)]
public sealed class ReadinessTests(RedisMySqlCluster cluster)
{
    [Fact]
    public async Task A_service_is_not_ready_while_a_store_is_away_but_lives_and_recovers_by_itself()
    {
        string[] services = [DaprNames.ConnectionService, DaprNames.MessageService];
        foreach (var service in services)
            await Eventually.TrueAsync(async () => (await AskAsync(service, "readyz")).Status == HttpStatusCode.OK);
        await cluster.StopRedisAsync();

        foreach (var service in services)
        {
            await Eventually.TrueAsync(async () => (await AskAsync(service, "readyz")).Status == HttpStatusCode.ServiceUnavailable);
            Assert.Contains($"\"{DaprNames.StateStore}\"", (await AskAsync(service, "readyz")).Body, StringComparison.Ordinal);
            Assert.DoesNotContain(cluster.RedisHost, (await AskAsync(service, "readyz")).Body, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(service, "livez")).Status);
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(service, "healthz")).Status); // else the sidecar would take its actors away
        }
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(DaprNames.UserService, "readyz")).Status); // has nothing in Redis
        await cluster.StartRedisAgainAsync(CancellationToken.None);
        foreach (var service in services)
            await Eventually.TrueAsync(async () => (await AskAsync(service, "readyz")).Status == HttpStatusCode.OK);
    }

    private async Task<(HttpStatusCode Status, string Body)> AskAsync(string service, string path)
    {
        using var http = new HttpClient { BaseAddress = cluster.Management(service) };
        using var answer = await http.GetAsync(path);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
