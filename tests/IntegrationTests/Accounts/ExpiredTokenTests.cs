using System.Net;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Accounts;

public sealed class ExpiredTokenTests(ShortTokensCluster cluster) : IClassFixture<ShortTokensCluster>
{
    [Fact]
    public async Task An_expired_access_token_is_unauthorized_and_a_refresh_gives_a_good_one()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        var tokens = await ann.LoginAsync();
        using var rest = ann.Rest();
        using var http = new HttpClient { BaseAddress = ann.Origin() };

        await Eventually.TrueAsync(async () => await StatusAsync(http, tokens.AccessToken) == HttpStatusCode.Unauthorized);
        var (_, problem) = await rest.RefusedAsync(HttpMethod.Get, "api/users/me", null, tokens.AccessToken);
        await using var hub = ImClient.Build(ann.Origin(), "d1", tokens.AccessToken).Build();
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => hub.StartAsync());
        var fresh = await rest.CallAsync<SessionTokens>(HttpMethod.Post, "api/sessions/refresh", new RefreshRequest(tokens.RefreshToken));

        Assert.Equal(ErrorCodes.Unauthorized, problem.Code);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, fresh.AccessToken));
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "api/users/me");
        request.Headers.Authorization = new("Bearer", accessToken);
        using var response = await http.SendAsync(request);
        return response.StatusCode;
    }
}
