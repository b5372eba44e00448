using Dapr.Client;
using Grpc.Core;
using ImDapr.DaprConformance.Systems;
using ImDapr.DaprConformanceApp.Actors;

namespace ImDapr.DaprConformance.Guarded;

/// <summary>The token that a sidecar wants, and the one that it shows to its app.</summary>
[Collection(GuardedCollection.Name)]
public sealed class TokenCases(ConformanceSystem main, GuardedSystem system) : GuardedCases(main, system)
{
    [Theory]
    [InlineData("GET", "/v1.0/metadata", null), InlineData("GET", "/v1.0/state/state/k", "wrong"), InlineData("POST", "/v1.0/publish/pubsub/plain", null)]
    [InlineData("GET", "/v1.0/invoke/guarded-a/method/echo/x", null), InlineData("PUT", "/v1.0/actors/ScriptedActor/x/method/echo", "wrong")]
    [InlineData("GET", "/no/such/route", null), InlineData("POST", "/v1.0/healthz", null)]
    [Source("daprd:pkg/api/http/middlewares.go"), Source("dapr-contract 6")]
    public async Task Without_the_token_HTTP_is_401(string verb, string path, string? token)
    {
        SecondSystem.SkipWhenForeign();
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(new HttpMethod(verb), $"{Guarded.A.SidecarHttp}{path}");
        if (token is not null)
            request.Headers.Add("dapr-api-token", token);

        using var response = await client.SendAsync(request, Token);

        Assert.Equal((401, "invalid api token"), ((int)response.StatusCode, (await response.Content.ReadAsStringAsync(Token)).Trim()));
    }

    [Theory, InlineData("/v1.0/healthz"), InlineData("/v1.0/healthz/outbound")]
    [Source("daprd:pkg/api/http/middlewares.go")]
    public async Task Health_needs_no_token(string path)
    {
        SecondSystem.SkipWhenForeign();
        using var client = new HttpClient();

        using var response = await client.GetAsync(new Uri($"{Guarded.A.SidecarHttp}{path}"), Token);

        Assert.Equal(204, (int)response.StatusCode);
    }

    [Fact]
    [Source("daprd:pkg/api/grpc/auth.go"), Source("dapr-contract 6")]
    public async Task Without_the_token_gRPC_is_Unauthenticated()
    {
        SecondSystem.SkipWhenForeign();
        using var stranger = new DaprClientBuilder().UseHttpEndpoint(Guarded.A.SidecarHttp).UseGrpcEndpoint(Guarded.A.SidecarGrpc).UseDaprApiToken("wrong").Build();

        await RefusedAsync(StatusCode.Unauthenticated, () => stranger.GetStateAsync<string>("state", "k", cancellationToken: Token));
        await RefusedAsync(StatusCode.Unauthenticated, () => stranger.PublishEventAsync("pubsub", "plain", 1, Token));
    }

    [Fact]
    [Source("SDK:Dapr.Client.DaprClientGrpc"), Source("dapr-contract 9.2")]
    public async Task The_SDK_shows_it_but_not_when_it_saves_many()
    {
        SecondSystem.SkipWhenForeign();
        var key = NewKey();

        await Guarded.A.Dapr.SaveStateAsync("state", key, 1, cancellationToken: Token);

        Assert.Equal(1, await Guarded.A.Dapr.GetStateAsync<int>("state", key, cancellationToken: Token));
        await RefusedAsync(StatusCode.Unauthenticated, () => Guarded.A.Dapr.SaveBulkStateAsync("state", [new SaveStateItem<int>(key, 2, null!)], Token));
    }

    [Fact]
    [Source("daprd:pkg/channel/http/http_channel.go"), Source("dapr-contract 6")]
    public async Task The_app_sees_its_own_token_and_never_the_sidecars()
    {
        SecondSystem.SkipWhenForeign();
        var (called, published, woken) = (NewKey(), NewKey(), NewKey());

        (await Guarded.B.GetAsync($"/v1.0/invoke/guarded-a/method/echo/{called}")).Is(200);
        await Guarded.B.Dapr.PublishEventAsync("pubsub", "plain", new { key = published }, Token);
        (await Guarded.B.SendAsync("PUT", $"/v1.0/actors/ScriptedActor/{woken}/method/echo", "{}")).Is(200);

        foreach (var key in new[] { called, published, woken })
            Assert.Equal(GuardedSystem.AppToken, (await RecordedAsync(Guarded.HostId, key))[0].Header("dapr-api-token"));
    }

    [Fact]
    [Source("SDK:Dapr.Actors.DaprHttpInteractor"), Source("dapr-contract 1.1")]
    public async Task Actors_of_the_SDK_work_behind_tokens()
    {
        SecondSystem.SkipWhenForeign();

        Assert.Equal(3, await Guarded.B.Actor<ICounterActor>(NewKey(), "CounterActor").AddAsync(3));
    }
}
