namespace ImDapr.LocalDapr.Bindings;

public sealed record BindingCall(string Operation, byte[] Data, IReadOnlyDictionary<string, string> Metadata);

/// <param name="Data">Null when the operation returns nothing.</param>
/// <param name="Error">Set when it failed and there is metadata all the same.</param>
public sealed record BindingResult(byte[]? Data, IReadOnlyDictionary<string, string> Metadata, Api.DaprError? Error = null);

/// <summary>An output binding of one sidecar.</summary>
public interface IOutputBinding : IAsyncDisposable
{
    IReadOnlyList<string> Operations { get; }

    Task InitAsync(CancellationToken cancellationToken);

    /// <exception cref="BindingException">The operation failed; the message is what daprd's component would say.</exception>
    Task<BindingResult> InvokeAsync(BindingCall call, CancellationToken cancellationToken);
}

public sealed class BindingException(string message, Exception? inner = null, IReadOnlyDictionary<string, string>? metadata = null) : Exception(message, inner)
{
    /// <summary>What the component says of the failed operation; null for nothing.</summary>
    public IReadOnlyDictionary<string, string>? Metadata => metadata;
}
