using System.Net.Http.Headers;
using System.Net.Http.Json;
using ImDapr.Contracts;

namespace ImDapr.LoadTests.Systems;

/// <summary>Groups, made as clients make them: by REST, so many members in one request as it allows.</summary>
internal sealed class Groups(LoadSystem system) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = system.Origin(), Timeout = TimeSpan.FromSeconds(60) };

    /// <returns>The id of its conversation.</returns>
    public async Task<string> CreateAsync(Device owner, IReadOnlyList<string> others, CancellationToken cancellationToken)
    {
        var chunks = others.Chunk(Limits.MembersPerRequest).ToArray();
        var group = await PostAsync<GroupCreated>("api/groups", new CreateGroupRequest("load", chunks[0]), owner, cancellationToken);
        foreach (var chunk in chunks.Skip(1))
            await PostAsync<MembersAdded>($"api/groups/{group.GroupId}/members", new AddMembersRequest(chunk), owner, cancellationToken);
        return group.ConversationId;
    }

    public void Dispose() => _http.Dispose();

    private async Task<T> PostAsync<T>(string path, object body, Device caller, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body, body.GetType(), options: ContractsJson.Wire) };
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", caller.AccessToken);
        using var response = await _http.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
            throw new InvalidOperationException($"{path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync(cancellationToken)}");
        return (await response.Content.ReadFromJsonAsync<T>(ContractsJson.Wire, cancellationToken))!;
    }
}
