using System.Text;
using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;

namespace ImDapr.IntegrationTests.Observability;

/// <summary>Neither logs nor traces hold what people write, or what opens their accounts.</summary>
[Collection(ObservedSuite.Name)]
public sealed class LogTests(ObservedCluster cluster)
{
    private const string Body = "sentinel-body-5309";

    [Fact]
    public async Task Neither_bodies_nor_tokens_nor_passwords_are_in_any_log_or_trace()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        var tokens = await ann.LoginAsync();
        await using var annsDevice = await ImClient.ConnectAsync(cluster.Origin(), ann.Id, "d1", tokens);
        await using var bobsDevice = await bob.ConnectAsync();
        await annsDevice.SendToAsync(bob.Id, Body);
        await bobsDevice.NextPushAsync();

        await annsDevice.RefusedAsync("Send", new { clientMessageId = "c", toUserId = $"nobody-{ann.Id}", type = "text", body = new { text = Body } });
        await annsDevice.RefusedAsync("Send", new { clientMessageId = "c", toUserId = bob.Id, type = "text", body = Body });
        await SendAsync(HttpMethod.Get, $"hub/im?id=none&deviceId=other&access_token={tokens.AccessToken}", null);
        await SendAsync(HttpMethod.Get, "hub/im?access_token=broken-token-4711", null);
        await SendAsync(HttpMethod.Post, "api/sessions", """{"userId":"x","password":"wrong-password-4711" """);
        await SendAsync(HttpMethod.Post, "api/sessions", JsonSerializer.Serialize(new { userId = ann.Id, password = "wrong-password-4711", deviceId = "d1", platform = "web" }));
        await SendAsync(HttpMethod.Post, "api/sessions/refresh", JsonSerializer.Serialize(new { refreshToken = tokens.RefreshToken + "broken-token-4711" }));
        await PublishBadAsync($$"""{"id":"n 1","to":{"userIds":["{{bob.Id}}"]},"type":"notification","body":{"text":"{{Body}}"} }""");
        await PublishBadAsync($$"""{"id":{"{{Body}}":1},"body":"{{Body}}"}""");
        await LoggedAsync(3401); // the refusal of a notification is there: so is what was logged before it

        string[] secrets = [Body, tokens.AccessToken, tokens.RefreshToken, "broken-token-4711", "wrong-password-4711", TestUser.Password];
        var log = await cluster.LogAsync();
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, log, StringComparison.Ordinal));
        await Eventually.TrueAsync(() => Task.FromResult(cluster.Traces.Spans.Any(span => span.Service == DaprNames.UserService)));
        var exports = cluster.Traces.Exports.Select(Encoding.UTF8.GetString).ToList();
        Assert.All(secrets, secret => Assert.All(exports, export => Assert.DoesNotContain(secret, export, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_line_of_the_log_is_JSON_with_the_trace_that_it_belongs_to()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        await using var device = await ann.ConnectAsync(deviceId: "d1");
        await using var again = await ann.ConnectAsync(deviceId: "d1"); // replaces the first: connection 2010

        await PublishBadAsync("""{"id":"n 2"}""");
        var line = await LoggedAsync(3401);

        Assert.Equal("Warning", line.GetProperty("@l").GetString());
        Assert.Equal(32, line.GetProperty("@tr").GetString()!.Length);
        Assert.Equal(16, line.GetProperty("@sp").GetString()!.Length);
    }

    private async Task<JsonElement> LoggedAsync(int eventId)
    {
        JsonElement? found = null;
        await Eventually.TrueAsync(async () => (found = Find(await cluster.LogAsync(), eventId)) is not null);
        return found!.Value;
    }

    // LocalDapr puts the app's name before each line.
    private static JsonElement? Find(string log, int eventId) => log.Split('\n')
        .Where(line => line.Contains("{\"@t\"", StringComparison.Ordinal))
        .Select(line => JsonElement.Parse(line[line.IndexOf("{\"@t\"", StringComparison.Ordinal)..]))
        .Where(line => line.TryGetProperty("EventId", out var id) && id.GetProperty("Id").GetInt32() == eventId)
        .Select(line => (JsonElement?)line).LastOrDefault();

    private async Task SendAsync(HttpMethod method, string path, string? json)
    {
        using var http = new HttpClient { BaseAddress = cluster.Origin() };
        using var request = new HttpRequestMessage(method, path);
        if (json is not null)
            request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await http.SendAsync(request);
        Assert.False(answer.IsSuccessStatusCode);
    }

    private async Task PublishBadAsync(string json)
    {
        using var http = new HttpClient { BaseAddress = cluster.Sidecar(DaprNames.UserService) };
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await http.PostAsync($"v1.0/publish/{DaprNames.PubSub}/{Topics.Notifications}", content);
        Assert.True(answer.IsSuccessStatusCode);
    }
}
