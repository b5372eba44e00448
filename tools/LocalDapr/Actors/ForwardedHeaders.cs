using System.Collections.Frozen;
using Microsoft.Extensions.Primitives;

namespace ImDapr.LocalDapr.Actors;

/// <summary>Which headers travel on with an actor call and with its answer: all but those of the hop itself.</summary>
public static class ForwardedHeaders
{
    public const string Reentrancy = "Dapr-Reentrancy-Id";

    private static readonly FrozenSet<string> HopByHop = new[]
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Transfer-Encoding", "Upgrade", "HTTP2-Settings", "TE", "Trailer", "Proxy-Authorization",
        "Proxy-Authenticate", "Content-Type", "Content-Length", "destination-app-id"
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    // Set anew for the app: what a client says of them is not believed.
    private static readonly FrozenSet<string> NotOfTheClient = new[]
    {
        "Host", "dapr-api-token", "dapr-caller-app-id", "dapr-caller-namespace", "Dapr-API-Call", Reentrancy
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    public static void CopyToApp(IEnumerable<KeyValuePair<string, StringValues>> headers, HttpRequestMessage request)
    {
        foreach (var (name, values) in headers)
        {
            if (!Travels(name) || NotOfTheClient.Contains(name))
                continue;

            var sent = values.Count == 1
                ? request.Headers.TryAddWithoutValidation(name, values[0])
                : request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            if (!sent)
                request.Content?.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }
    }

    public static void CopyToCaller(ActorReply reply, IHeaderDictionary headers)
    {
        foreach (var (name, values) in reply.Headers)
        {
            if (Travels(name))
                headers[name] = values.Count == 1 ? values.ToString() : values.ToArray();
        }

        foreach (var (name, values) in reply.ContentHeaders)
        {
            if (Travels(name))
                headers[name] = values.ToString();
        }
    }

    private static bool Travels(string name) => !HopByHop.Contains(name) && !name.EndsWith("-bin", StringComparison.OrdinalIgnoreCase);
}
