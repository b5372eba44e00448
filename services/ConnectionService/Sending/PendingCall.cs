using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Sending;

/// <summary>A call that waits for its batch, already written, so that its size is known and nothing in it can spoil the batch.</summary>
public sealed class PendingCall<T>(byte[] json, string? traceParent)
    where T : class
{
    // Callers continue on their own thread, not on the one that answers the whole batch.
    private readonly TaskCompletionSource<Answer<T>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public byte[] Json => json;

    public string? TraceParent => traceParent;

    public Task<Answer<T>> Answer => _answer.Task;

    public void Complete(Answer<T> answer) => _answer.TrySetResult(answer);
}
