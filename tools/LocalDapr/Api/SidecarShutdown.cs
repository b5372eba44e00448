namespace ImDapr.LocalDapr.Api;

/// <summary>An app's wish that its sidecar ends.</summary>
public sealed class SidecarShutdown
{
    private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when somebody asked.</summary>
    public Task Asked => _asked.Task;

    public void Ask() => _asked.TrySetResult();
}
