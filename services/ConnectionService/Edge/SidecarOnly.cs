using System.Security.Cryptography;
using System.Text;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;

namespace ImDapr.ConnectionService.Edge;

/// <summary>
/// Keeps the routes of the sidecar (subscriptions and events) from everybody else, who reaches the same port: with APP_API_TOKEN only who
/// knows it, without it only this machine, and not through a proxy.
/// </summary>
public sealed class SidecarOnly(IConfiguration configuration)
{
    private static readonly string[] Prefixes = ["/events", "/dapr"];
    private static readonly Refusal Unknown = new(ErrorCodes.NotFound, "There is nothing at this address.");

    private readonly byte[]? _token = configuration["APP_API_TOKEN"] is { Length: > 0 } token ? Encoding.UTF8.GetBytes(token) : null;

    public Task CheckAsync(HttpContext context, RequestDelegate next) =>
        IsGuarded(context.Request.Path) && !IsSidecar(context) ? Unknown.ToProblem().ExecuteAsync(context) : next(context);

    public static bool IsGuarded(PathString path) =>
        Prefixes.Any(prefix => path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase));

    public bool IsSidecar(HttpContext context) => _token is null ? LocalCaller.Is(context) : HasToken(context.Request.Headers["dapr-api-token"]);

    private bool HasToken(string? given) => given is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), _token);
}
