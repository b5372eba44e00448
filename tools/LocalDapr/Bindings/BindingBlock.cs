using Grpc.Core;
using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.Policies;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>An output binding as an app sees it, with daprd's errors (dapr-contract 4.1).</summary>
public sealed class BindingBlock(string name, IOutputBinding binding, ResiliencyPolicy policy, TimeProvider time)
{
    public async Task<BindingResult> InvokeAsync(BindingCall call, CancellationToken cancellationToken)
    {
        if (call.Operation.Length == 0)
            throw Failed("operation field is missing from request", null);
        if (!binding.Operations.Contains(call.Operation))
            throw Failed($"binding {name} does not support operation {call.Operation}. supported operations:{string.Join(" ", binding.Operations)}", null);
        try
        {
            BindingResult? result = null;
            await policy.RunAsync(async token => result = await binding.InvokeAsync(call, token).WaitAsync(token), _ => false, time, cancellationToken);
            return result!;
        }
        catch (BindingException exception) when (exception.Metadata is not null)
        {
            return new BindingResult(null, exception.Metadata, Failed(exception.Message, exception));
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            throw Failed(exception.Message, exception);
        }
    }

    private DaprError Failed(string why, Exception? inner) =>
        new(StatusCode.Internal, 500, "ERR_INVOKE_OUTPUT_BINDING", $"error invoking output binding {name}: {why}", inner);
}
