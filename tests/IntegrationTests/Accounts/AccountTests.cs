using System.Net;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Accounts;

public abstract class AccountTests(Cluster cluster)
{
    [Fact]
    public async Task A_registered_user_logs_in_and_sees_the_own_profile()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");

        var tokens = await ann.LoginAsync();
        using var rest = ann.Rest(instance: 1);
        var me = await rest.CallAsync<UserProfile>(HttpMethod.Get, "api/users/me", null, tokens.AccessToken);

        Assert.Equal(new UserProfile(ann.Id, "ann"), me);
        Assert.InRange(tokens.ExpiresIn, 1, 24 * 3600);
    }

    [Fact]
    public async Task A_profile_changes_and_others_see_it()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));

        await ann.CallAsync<UserProfile>(HttpMethod.Patch, "api/users/me", new ProfileUpdate("Ann B. 安"));

        Assert.Equal(new UserProfile(ann.Id, "Ann B. 安"), await bob.CallAsync<UserProfile>(HttpMethod.Get, $"api/users/{ann.Id}"));
    }

    [Fact]
    public async Task A_user_id_is_given_once()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        using var rest = ann.Rest(instance: 1);

        var (status, problem) = await rest.RefusedAsync(HttpMethod.Post, "api/users", new RegisterRequest(ann.Id, "other", TestUser.Password));

        Assert.Equal((HttpStatusCode.Conflict, ErrorCodes.Conflict), (status, problem.Code));
    }

    [Fact]
    public async Task A_wrong_password_and_an_unknown_user_are_refused_alike()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        using var rest = ann.Rest();

        var (wrong, wrongProblem) = await rest.RefusedAsync(HttpMethod.Post, "api/sessions", new LoginRequest(ann.Id, "not the password", "d1", "web"));
        var (unknown, unknownProblem) = await rest.RefusedAsync(HttpMethod.Post, "api/sessions", new LoginRequest($"no{Guid.NewGuid():N}", "not the password", "d1", "web"));

        Assert.Equal((HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized), (wrong, wrongProblem.Code));
        Assert.Equal((wrong, wrongProblem.Code, wrongProblem.Detail), (unknown, unknownProblem.Code, unknownProblem.Detail));
    }

    [Fact]
    public async Task A_refresh_token_works_once_and_its_reuse_ends_the_session()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        var first = await ann.LoginAsync();
        using var rest = ann.Rest();

        var second = await rest.CallAsync<SessionTokens>(HttpMethod.Post, "api/sessions/refresh", new RefreshRequest(first.RefreshToken));
        var (reused, problem) = await rest.RefusedAsync(HttpMethod.Post, "api/sessions/refresh", new RefreshRequest(first.RefreshToken));
        var (after, _) = await rest.RefusedAsync(HttpMethod.Post, "api/sessions/refresh", new RefreshRequest(second.RefreshToken));

        Assert.NotEqual(first.RefreshToken, second.RefreshToken);
        Assert.Equal((HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized), (reused, problem.Code));
        Assert.Equal(HttpStatusCode.Unauthorized, after);
    }

    [Fact]
    public async Task Devices_are_listed_and_one_can_be_signed_out()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        var desk = await ann.LoginAsync("desk");
        var phone = await ann.LoginAsync("phone");
        using var rest = ann.Rest();

        var devices = await rest.CallAsync<Device[]>(HttpMethod.Get, "api/devices", null, desk.AccessToken);
        await rest.CallAsync(HttpMethod.Delete, "api/devices/phone", null, desk.AccessToken);
        var left = await rest.CallAsync<Device[]>(HttpMethod.Get, "api/devices", null, desk.AccessToken);
        var (refreshed, _) = await rest.RefusedAsync(HttpMethod.Post, "api/sessions/refresh", new RefreshRequest(phone.RefreshToken));

        Assert.Equal([("desk", "web"), ("phone", "web")], devices.Select(device => (device.DeviceId, device.Platform)).Order());
        Assert.Equal(["desk"], left.Select(device => device.DeviceId));
        Assert.Equal(HttpStatusCode.Unauthorized, refreshed);
    }

    [Theory]
    [InlineData("a'b", "secret-password")]
    [InlineData("ann'; DROP TABLE users; --", "secret-password")]
    [InlineData("", "secret-password")]
    [InlineData(null, "secret-password")]
    [InlineData("ann", null)]
    [InlineData("ann", "")]
    public async Task Bad_registrations_are_invalid(string? userId, string? password)
    {
        using var rest = new RestClient(cluster.Origin());

        var (status, problem) = await rest.RefusedAsync(HttpMethod.Post, "api/users", new RegisterRequest(userId, "name", password));

        Assert.Equal((HttpStatusCode.BadRequest, ErrorCodes.InvalidArgument), (status, problem.Code));
    }

    [Fact]
    public async Task A_body_with_a_wrong_JSON_type_is_invalid()
    {
        using var rest = new RestClient(cluster.Origin());

        var (status, problem) = await rest.RefusedAsync(HttpMethod.Post, "api/users", new { userId = 5, displayName = new[] { 1 }, password = true });

        Assert.Equal((HttpStatusCode.BadRequest, ErrorCodes.InvalidArgument), (status, problem.Code));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("nonsense")]
    [InlineData("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm4ifQ.")]
    public async Task Without_a_token_of_ours_nothing_opens(string? token)
    {
        using var rest = new RestClient(cluster.Origin());
        await using var hub = ImClient.Build(cluster.Origin(), "d1", token ?? "").Build();

        var (status, problem) = await rest.RefusedAsync(HttpMethod.Get, "api/users/me", null, token);
        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => hub.StartAsync());

        Assert.Equal((HttpStatusCode.Unauthorized, ErrorCodes.Unauthorized), (status, problem.Code));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task Internal_routes_are_not_on_the_public_origin()
    {
        using var http = new HttpClient { BaseAddress = cluster.Origin() };

        foreach (var path in new[] { "internal/sends", "internal/directory", "api/internal/sends", "api/../internal/sends", "api/%2e%2e/internal/directory" })
        {
            using var response = await http.PostAsync(path, new StringContent("{}", null, "application/json"));
            Assert.Contains(response.StatusCode, new[] { HttpStatusCode.NotFound, HttpStatusCode.Unauthorized, HttpStatusCode.BadRequest });
        }
    }
}
