using System.Net.Http.Headers;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Versions;

namespace ImDapr.ConnectionService.Sending;

/// <summary>Calls message-service through service invocation.</summary>
public sealed class MessageServiceClient(HttpClient http)
{
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <summary>A client that goes through this process's sidecar.</summary>
    public static MessageServiceClient Create(IServiceProvider provider)
    {
        var http = InternalCalls.ClientOf(DaprNames.MessageService, provider);
        http.Timeout = TimeSpan.FromSeconds(15);
        return new MessageServiceClient(http);
    }

    /// <param name="batch">A <see cref="SendBatch"/> as JSON.</param>
    public Task<SendBatchAnswer> SendAsync(ReadOnlyMemory<byte> batch, CancellationToken cancellationToken) =>
        PostAsync<SendBatchAnswer>("/internal/sends", batch, cancellationToken);

    /// <param name="batch">An <see cref="AckBatch"/> as JSON.</param>
    public Task<AckBatchAnswer> AcknowledgeAsync(ReadOnlyMemory<byte> batch, CancellationToken cancellationToken) =>
        PostAsync<AckBatchAnswer>("/internal/acks", batch, cancellationToken);

    public Task<Answer<HistoryPage>> HistoryAsync(UserCall<HistoryRequest> call, CancellationToken cancellationToken) =>
        CallAsync<HistoryRequest, HistoryPage>("/internal/history", call, cancellationToken);

    public Task<Answer<ConversationSummary[]>> ConversationsAsync(UserCall<ConversationsRequest> call, CancellationToken cancellationToken) =>
        CallAsync<ConversationsRequest, ConversationSummary[]>("/internal/conversations", call, cancellationToken);

    public Task<Answer<Done>> ReadAsync(UserCall<ReadRequest> call, CancellationToken cancellationToken) =>
        CallAsync<ReadRequest, Done>("/internal/read", call, cancellationToken);

    public Task<Answer<Done>> RecallAsync(UserCall<RecallRequest> call, CancellationToken cancellationToken) =>
        CallAsync<RecallRequest, Done>("/internal/recall", call, cancellationToken);

    public Task<Answer<Done>> TypingAsync(UserCall<TypingRequest> call, CancellationToken cancellationToken) =>
        CallAsync<TypingRequest, Done>("/internal/typing", call, cancellationToken);

    public Task<Answer<Done>> UpdateConversationAsync(UserCall<ConversationUpdate> call, CancellationToken cancellationToken) =>
        CallAsync<ConversationUpdate, Done>("/internal/conversations/update", call, cancellationToken);

    public Task<Answer<Receipt[]>> ReceiptsAsync(UserCall<ReceiptsRequest> call, CancellationToken cancellationToken) =>
        CallAsync<ReceiptsRequest, Receipt[]>("/internal/receipts", call, cancellationToken);

    private async Task<Answer<TResult>> CallAsync<TRequest, TResult>(string path, UserCall<TRequest> call, CancellationToken cancellationToken)
        where TResult : class
    {
        using var content = JsonContent.Create(call, Json, ContractsJson.Wire);
        await content.LoadIntoBufferAsync(cancellationToken); // a body of known length may be sent again, to another instance (components/resiliency.yaml)
        return await PostAsync<Answer<TResult>>(path, content, cancellationToken);
    }

    private async Task<T> PostAsync<T>(string path, ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        using var content = new ReadOnlyMemoryContent(json) { Headers = { ContentType = Json } };
        return await PostAsync<T>(path, content, cancellationToken);
    }

    private async Task<T> PostAsync<T>(string path, HttpContent content, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsync(path, content, cancellationToken);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<T>(ContractsJson.Wire, cancellationToken)
            ?? throw new HttpRequestException($"{path} of {DaprNames.MessageService} answered with nothing");
    }
}
