using System.Net;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Clients;

/// <summary>A registered user whom no other test knows.</summary>
public sealed class TestUser
{
    public const string Password = "correct horse battery staple";
    private readonly IOrigins _system;

    private TestUser(IOrigins system, string id) => (_system, Id) = (system, id);

    public string Id { get; }

    public static async Task<TestUser> RegisterAsync(IOrigins system, string name)
    {
        var user = new TestUser(system, $"{name}-{Guid.NewGuid():N}"[..(name.Length + 9)]);
        using var rest = user.Rest();
        await rest.CallAsync<UserProfile>(HttpMethod.Post, "api/users", new RegisterRequest(user.Id, name, Password));
        return user;
    }

    public Uri Origin(int instance = 0) => _system.Origin(instance);

    public RestClient Rest(int instance = 0) => new(Origin(instance));

    public async Task<SessionTokens> LoginAsync(string deviceId = "d1", int instance = 0)
    {
        using var rest = Rest(instance);
        return await rest.CallAsync<SessionTokens>(HttpMethod.Post, "api/sessions", new LoginRequest(Id, Password, deviceId, "web"));
    }

    /// <summary>Logs in, connects to one instance and syncs what is there.</summary>
    public async Task<ImClient> ConnectAsync(int instance = 0, string deviceId = "d1") =>
        await ImClient.ConnectAsync(Origin(instance), Id, deviceId, await LoginAsync(deviceId, instance));

    /// <summary>A group that this user owns.</summary>
    public Task<GroupCreated> CreateGroupAsync(params TestUser[] others) =>
        CallAsync<GroupCreated>(HttpMethod.Post, "api/groups", new CreateGroupRequest("team", [.. others.Select(user => user.Id)]));

    /// <summary>A REST call as this user.</summary>
    public async Task<T> CallAsync<T>(HttpMethod method, string path, object? body = null)
    {
        using var rest = Rest();
        return await rest.CallAsync<T>(method, path, body, (await LoginAsync("rest")).AccessToken);
    }

    /// <summary>A REST call as this user that answers nothing.</summary>
    public async Task CallAsync(HttpMethod method, string path, object? body = null)
    {
        using var rest = Rest();
        await rest.CallAsync(method, path, body, (await LoginAsync("rest")).AccessToken);
    }

    /// <summary>A REST call as this user that must be refused.</summary>
    public async Task<(HttpStatusCode Status, Problem Problem)> RefusedAsync(HttpMethod method, string path, object? body = null)
    {
        using var rest = Rest();
        return await rest.RefusedAsync(method, path, body, (await LoginAsync("rest")).AccessToken);
    }
}
