using System.Net;
using System.Net.Http.Json;
using System.Threading.Channels;
using ImDapr.ConnectionService.Sending;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.ConnectionService;

/// <summary>message-service at the other end of the HTTP client: each batch waits until the test answers it.</summary>
internal sealed class FakeMessageService : HttpMessageHandler
{
    private readonly Channel<Batch> _batches = Channel.CreateBounded<Batch>(100);

    public MessageServiceClient Client => new(new HttpClient(this, disposeHandler: false) { BaseAddress = new Uri("http://message-service") });

    public async Task<Batch> NextAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        return await _batches.Reader.ReadAsync(limit.Token);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Assert.Equal("/internal/sends", request.RequestUri!.AbsolutePath);
        var sends = await request.Content!.ReadFromJsonAsync<SendBatch>(ContractsJson.Wire, cancellationToken);
        var batch = new Batch(sends!);
        await _batches.Writer.WriteAsync(batch, cancellationToken);
        return await batch.Response.WaitAsync(cancellationToken);
    }

    internal sealed class Batch(SendBatch sends)
    {
        private readonly TaskCompletionSource<HttpResponseMessage> _response = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string[] Ids => [.. sends.Sends.Select(send => send.Message.ClientMessageId!)];

        public Task<HttpResponseMessage> Response => _response.Task;

        public void Answer()
        {
            var answers = Ids.Select((id, index) => Answer<SendAck>.Of(new SendAck(id, index + 1, 1, false))).ToArray();
            _response.SetResult(new(HttpStatusCode.OK) { Content = JsonContent.Create(new SendBatchAnswer(answers), options: ContractsJson.Wire) });
        }

        public void Fail() => _response.SetResult(new(HttpStatusCode.ServiceUnavailable));
    }
}
