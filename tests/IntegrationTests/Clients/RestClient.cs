using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using ImDapr.Contracts;

namespace ImDapr.IntegrationTests.Clients;

/// <summary>REST as a client without our code would speak it.</summary>
public sealed class RestClient(Uri origin) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = origin, Timeout = TimeSpan.FromSeconds(30) };

    public async Task<T> CallAsync<T>(HttpMethod method, string path, object? body = null, string? accessToken = null)
    {
        using var response = await SendAsync(method, path, body, accessToken);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return (await response.Content.ReadFromJsonAsync<T>(ContractsJson.Wire))!;
    }

    /// <summary>A call that answers nothing.</summary>
    public async Task CallAsync(HttpMethod method, string path, object? body = null, string? accessToken = null)
    {
        using var response = await SendAsync(method, path, body, accessToken);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }

    /// <summary>A call that must be refused, with problem details.</summary>
    public async Task<(HttpStatusCode Status, Problem Problem)> RefusedAsync(HttpMethod method, string path, object? body = null, string? accessToken = null)
    {
        using var response = await SendAsync(method, path, body, accessToken);
        Assert.False(response.IsSuccessStatusCode, $"{method} {path} was not refused: {(int)response.StatusCode}");
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        return (response.StatusCode, (await response.Content.ReadFromJsonAsync<Problem>(ContractsJson.Wire))!);
    }

    /// <summary>Status of a call that may be refused.</summary>
    public async Task<HttpStatusCode> StatusAsync(HttpMethod method, string path, string accessToken)
    {
        using var response = await SendAsync(method, path, body: null, accessToken);
        return response.StatusCode;
    }

    public void Dispose() => _http.Dispose();

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body, string? accessToken)
    {
        var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = JsonContent.Create(body, options: ContractsJson.Wire);
        if (accessToken is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken);
        return _http.SendAsync(request);
    }
}
