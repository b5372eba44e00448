namespace ImDapr.LocalDapr.Bindings;

public sealed record BindingCall(string Operation, byte[] Data, IReadOnlyDictionary<string, string> Metadata);

/// <param name="Data">Null when the operation returns nothing.</param>
public sealed record BindingResult(byte[]? Data, IReadOnlyDictionary<string, string> Metadata);

/// <summary>An output binding of one sidecar.</summary>
public interface IOutputBinding : IAsyncDisposable
{
    IReadOnlyList<string> Operations { get; }

    Task InitAsync(CancellationToken cancellationToken);

    /// <exception cref="BindingException">The operation failed; the message is what daprd's component would say.</exception>
    Task<BindingResult> InvokeAsync(BindingCall call, CancellationToken cancellationToken);
}

/// <param name="message">What daprd's component would say.</param>
/// <param name="inner">Cause.</param>
/// <param name="metadata">Response metadata that go to the caller in spite of the failure; null for none.</param>
public sealed class BindingException(string message, Exception? inner = null, IReadOnlyDictionary<string, string>? metadata = null)
    : Exception(message, inner)
{
    public IReadOnlyDictionary<string, string> Metadata { get; } = metadata ?? new Dictionary<string, string>();
}
