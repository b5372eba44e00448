using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Sending;

/// <summary>message-service, through service invocation.</summary>
public sealed class MessageServiceClient(HttpClient http)
{
    public Task<SendBatchAnswer> SendAsync(SendBatch batch, CancellationToken cancellationToken) =>
        PostAsync<SendBatch, SendBatchAnswer>("internal/sends", batch, cancellationToken);

    public Task<Answer<HistoryPage>> HistoryAsync(string userId, HistoryRequest request, CancellationToken cancellationToken) =>
        PostAsync<UserCall<HistoryRequest>, Answer<HistoryPage>>("internal/history", new(userId, request), cancellationToken);

    public Task<Answer<ConversationSummary[]>> ConversationsAsync(string userId, ConversationsRequest request, CancellationToken cancellationToken) =>
        PostAsync<UserCall<ConversationsRequest>, Answer<ConversationSummary[]>>("internal/conversations", new(userId, request), cancellationToken);

    public Task<Answer<Done>> ReadAsync(string userId, ReadRequest request, CancellationToken cancellationToken) =>
        PostAsync<UserCall<ReadRequest>, Answer<Done>>("internal/read", new(userId, request), cancellationToken);

    private async Task<TAnswer> PostAsync<TRequest, TAnswer>(string path, TRequest request, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync(path, request, ContractsJson.Wire, cancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<TAnswer>(ContractsJson.Wire, cancellationToken))!;
    }
}
