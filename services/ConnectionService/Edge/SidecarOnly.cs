using System.Net;
using System.Security.Cryptography;
using System.Text;

namespace ImDapr.ConnectionService.Edge;

/// <summary>Lets only the sidecar in: by its token where there is one, else by its loopback address.</summary>
public sealed class SidecarOnly(IConfiguration configuration) : IEndpointFilter
{
    public ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next) =>
        IsSidecar(context.HttpContext) ? next(context) : ValueTask.FromResult<object?>(Results.NotFound());

    private bool IsSidecar(HttpContext context)
    {
        if (configuration["APP_API_TOKEN"] is { Length: > 0 } token)
            return CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(context.Request.Headers["dapr-api-token"].ToString()));
        return context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);
    }
}
