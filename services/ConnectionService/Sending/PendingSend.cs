using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Sending;

/// <summary>A send that waits for its batch, already written, so that its size is known and nothing in it can spoil the batch.</summary>
internal sealed class PendingSend(byte[] json, string? traceParent)
{
    // Callers continue on their own thread, not on the one that answers the whole batch.
    private readonly TaskCompletionSource<Answer<SendAck>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public byte[] Json => json;

    public string? TraceParent => traceParent;

    public Task<Answer<SendAck>> Answer => _answer.Task;

    public void Complete(Answer<SendAck> answer) => _answer.TrySetResult(answer);
}
