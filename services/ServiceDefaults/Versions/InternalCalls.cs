using System.Globalization;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Actors;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace ImDapr.ServiceDefaults.Versions;

/// <summary>Calls from one service to another, <c>/internal/…</c>: the caller says the version, the callee refuses one that it does not know.</summary>
public static class InternalCalls
{
    private static readonly PathString Path = "/internal";

    /// <summary>A client of another service, through this process's sidecar.</summary>
    public static HttpClient ClientOf(string appId, IServiceProvider provider)
    {
        var http = DaprClient.CreateInvokeHttpClient(appId, DaprEndpoint.Http(provider), DaprEndpoint.ApiToken(provider));
        http.DefaultRequestHeaders.Add(ContractVersions.CallHeader, ContractVersions.Calls.Written.ToString(CultureInfo.InvariantCulture));
        return http;
    }

    /// <summary>Behind the exception handler, which answers with <c>unknown_version</c>.</summary>
    public static void UseInternalCalls(this WebApplication app) => app.Use(CheckAsync);

    /// <exception cref="UnknownVersionException">The call is of a newer version.</exception>
    public static Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.StartsWithSegments(Path) && context.Request.Headers.TryGetValue(ContractVersions.CallHeader, out var given))
            ContractVersions.Calls.Check(context.Request.Path.Value!, ContractVersion.Parse(given.ToString()));
        return next(context);
    }
}
