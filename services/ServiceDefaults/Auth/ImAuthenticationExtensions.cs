using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Actors;
using ImDapr.ServiceDefaults.Settings;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace ImDapr.ServiceDefaults.Auth;

/// <summary>Bearer tokens of user-service, checked the same way by every service.</summary>
public static class ImAuthenticationExtensions
{
    private static readonly TimeSpan BackchannelTimeout = TimeSpan.FromSeconds(5);

    // A new signing key is noticed this soon after the first token that needs it; tokens with made-up key ids cannot ask more often.
    private static readonly TimeSpan KeyRefresh = TimeSpan.FromSeconds(5);

    /// <summary>Checks access tokens with the public keys of user-service, fetched through service invocation when the first token arrives.</summary>
    public static WebApplicationBuilder AddImAuthentication(this WebApplicationBuilder builder)
    {
        AddBearer(builder).Configure<IServiceProvider>((jwt, provider) =>
        {
            jwt.MetadataAddress = $"http://{DaprNames.UserService}/.well-known/openid-configuration";
            // Inside the cluster the sidecars' mTLS protects the call; the address only names the app.
            jwt.RequireHttpsMetadata = false;
            jwt.RefreshInterval = KeyRefresh;
            jwt.Backchannel = CreateBackchannel(provider);
            jwt.Events.OnMessageReceived = ReceiveAfterKeysAsync;
        });
        return builder;
    }

    /// <summary>Checks access tokens with keys that this process holds itself.</summary>
    public static WebApplicationBuilder AddImAuthentication(
        this WebApplicationBuilder builder, Func<IServiceProvider, IEnumerable<SecurityKey>> ownKeys)
    {
        AddBearer(builder).Configure<IServiceProvider>((jwt, provider) =>
            jwt.TokenValidationParameters.IssuerSigningKeyResolver = (_, _, _, _) => ownKeys(provider));
        return builder;
    }

    private static OptionsBuilder<JwtBearerOptions> AddBearer(WebApplicationBuilder builder)
    {
        builder.Services.AddAuthentication(JwtBearerDefaults.AuthenticationScheme).AddJwtBearer();
        // Authentication brings it along for cookies; a bearer token needs no key, and none is written to disk.
        builder.Services.AddDataProtection().DisableAutomaticKeyGeneration();
        builder.Services.AddAuthorization();
        builder.Services.AddSettings<TokenCheckOptions>();
        var bearer = builder.Services.AddOptions<JwtBearerOptions>(JwtBearerDefaults.AuthenticationScheme);
        return bearer.Configure<TimeProvider, IOptions<TokenCheckOptions>>((jwt, time, options) =>
        {
            jwt.MapInboundClaims = false;
            jwt.SaveToken = false;
            jwt.TokenValidationParameters = TokenRules.Validation(time, options.Value);
            jwt.Events = AuthenticationProblems.Events();
        });
    }

    private static HttpClient CreateBackchannel(IServiceProvider provider)
    {
        var client = DaprClient.CreateInvokeHttpClient(DaprNames.UserService, DaprEndpoint.Http(provider), DaprEndpoint.ApiToken(provider));
        client.Timeout = BackchannelTimeout;
        return client;
    }

    // Without keys every token would look forged. Asked for first, a user-service that is away is told from a bad token: 503, not 401.
    private static async Task ReceiveAfterKeysAsync(MessageReceivedContext context)
    {
        await AuthenticationProblems.ReceiveAsync(context);
        if (context.Token is null && context.Request.Headers.Authorization.Count == 0)
            return;
        try
        {
            await context.Options.ConfigurationManager!.GetConfigurationAsync(context.HttpContext.RequestAborted);
        }
        catch (InvalidOperationException failure)
        {
            context.Fail(new KeysUnavailableException(failure));
        }
    }
}
