using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using ImDapr.Contracts;

namespace ImDapr.Chat.Accounts;

/// <summary>The REST calls that a terminal needs.</summary>
public sealed class ImApi(HttpClient http)
{
    public Task<UserProfile> RegisterAsync(string userId, string password, CancellationToken cancellationToken) =>
        PostAsync<UserProfile>("api/users", new RegisterRequest(userId, userId, password), null, cancellationToken);

    public Task<SessionTokens> LoginAsync(LoginRequest login, CancellationToken cancellationToken) =>
        PostAsync<SessionTokens>("api/sessions", login, null, cancellationToken);

    public Task<SessionTokens> RefreshAsync(string refreshToken, CancellationToken cancellationToken) =>
        PostAsync<SessionTokens>("api/sessions/refresh", new RefreshRequest(refreshToken), null, cancellationToken);

    public Task<GroupCreated> CreateGroupAsync(CreateGroupRequest group, string accessToken, CancellationToken cancellationToken) =>
        PostAsync<GroupCreated>("api/groups", group, accessToken, cancellationToken);

    private async Task<T> PostAsync<T>(string path, object body, string? accessToken, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, options: ContractsJson.Wire) };
        if (accessToken is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);

        using var response = await http.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw await RefusedAsync(response, cancellationToken);

        return await response.Content.ReadFromJsonAsync<T>(ContractsJson.Wire, cancellationToken)
            ?? throw new ApiException(response.StatusCode, new(ErrorCodes.Unavailable, $"{path} answered nothing"));
    }

    private static async Task<ApiException> RefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var isProblem = response.Content.Headers.ContentType?.MediaType is "application/problem+json" or "application/json";
        var problem = isProblem ? await response.Content.ReadFromJsonAsync<Problem>(ContractsJson.Wire, cancellationToken) : null;
        var code = problem?.Code ?? CodeOf(response.StatusCode);
        return new(response.StatusCode, new(code, problem?.Detail ?? problem?.Title ?? $"HTTP {(int)response.StatusCode}"));
    }

    // What stands between us and the service (a proxy, a starting gateway) knows no codes.
    private static string CodeOf(HttpStatusCode status) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => ErrorCodes.Unauthorized,
        HttpStatusCode.NotFound => ErrorCodes.NotFound,
        HttpStatusCode.Conflict => ErrorCodes.Conflict,
        HttpStatusCode.TooManyRequests => ErrorCodes.RateLimited,
        >= HttpStatusCode.InternalServerError => ErrorCodes.Unavailable,
        _ => ErrorCodes.InvalidArgument,
    };
}

/// <summary>The server refused a REST call.</summary>
public sealed class ApiException(HttpStatusCode status, Refusal refusal) : Exception(refusal.ToString())
{
    public HttpStatusCode Status { get; } = status;

    public Refusal Refusal { get; } = refusal;
}
