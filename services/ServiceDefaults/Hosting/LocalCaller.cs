using System.Net;
using Microsoft.AspNetCore.Http;

namespace ImDapr.ServiceDefaults.Hosting;

/// <summary>Tells who calls from this machine itself from who comes through a proxy on it.</summary>
public static class LocalCaller
{
    /// <summary>A header of a proxy, or of an invocation through a sidecar, means that somebody else asked.</summary>
    public static bool Is(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address) && !context.Request.Headers.Keys.Any(IsOfProxy);

    private static bool IsOfProxy(string header) =>
        header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase) || header.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
        || header.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase); // what is left of one that was believed (UseForwardedHeaders)
}
