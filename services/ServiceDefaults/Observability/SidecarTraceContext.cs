using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace ImDapr.ServiceDefaults.Observability;

/// <summary>
/// Takes over the trace that a request names only if the request comes from the sidecar: the public origin is the same port, and whoever names a
/// trace there would decide what is sampled. Without APP_API_TOKEN nobody can be told apart, and everybody is believed.
/// </summary>
public sealed class SidecarTraceContext(IConfiguration configuration) : DistributedContextPropagator
{
    private static readonly DistributedContextPropagator W3C = CreateW3CPropagator();

    private readonly byte[]? _token = configuration["APP_API_TOKEN"] is { Length: > 0 } token ? Encoding.UTF8.GetBytes(token) : null;

    public override IReadOnlyCollection<string> Fields => W3C.Fields;

    public override void Inject(Activity? activity, object? carrier, PropagatorSetterCallback? setter) => W3C.Inject(activity, carrier, setter);

    public override void ExtractTraceIdAndState(object? carrier, PropagatorGetterCallback? getter, out string? traceId, out string? traceState)
    {
        (traceId, traceState) = (null, null);
        if (IsBelieved(carrier))
            W3C.ExtractTraceIdAndState(carrier, getter, out traceId, out traceState);
    }

    // Nothing here uses baggage, and what outsiders put into it must not travel further inside.
    public override IEnumerable<KeyValuePair<string, string?>>? ExtractBaggage(object? carrier, PropagatorGetterCallback? getter) => null;

    private bool IsBelieved(object? carrier) => _token is null
        || (carrier is IHeaderDictionary headers && headers["dapr-api-token"].ToString() is { Length: > 0 } given
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), _token));
}
