using System.Net;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace ImDapr.UnitTests.ServiceDefaults.Health;

public sealed class ManagementPortTests
{
    [Theory]
    [InlineData(null, "127.0.0.1", null, true)] // no such port: who is on this machine
    [InlineData(null, "::1", null, true)]
    [InlineData(null, "10.0.0.7", null, false)]
    [InlineData(null, "127.0.0.1", "X-Forwarded-For", false)] // through a proxy or a sidecar
    [InlineData(null, "127.0.0.1", "Forwarded", false)]
    [InlineData(9100, "127.0.0.1", null, false)] // there is one, and this is not it
    [InlineData(8080, "10.0.0.7", null, true)]
    public void Who_may_ask(int? management, string caller, string? header, bool expected)
    {
        var context = new DefaultHttpContext();
        context.Connection.LocalPort = 8080;
        context.Connection.RemoteIpAddress = IPAddress.Parse(caller);
        if (header is not null)
            context.Request.Headers[header] = "somebody";

        Assert.Equal(expected, ManagementPort.IsAllowed(context, management));
    }

    [Theory]
    [InlineData("8080", null, "http://localhost:8080;http://localhost:9100")]
    [InlineData(null, "8080", "http://*:8080;http://*:9100")]
    public void It_is_listened_on_beside_the_apps_own(string? appPort, string? httpPorts, string expected)
    {
        var builder = Builder(("APP_PORT", appPort), ("HTTP_PORTS", httpPorts), ("Management:Port", "9100"));
        if (appPort is not null)
            builder.WebHost.UseUrls($"http://localhost:{appPort}");

        ManagementPort.Listen(builder);

        Assert.Equal(expected, builder.WebHost.GetSetting(WebHostDefaults.ServerUrlsKey));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("metrics")]
    public void What_is_no_port_is_refused_at_the_start(string port) =>
        Assert.Matches("Management(:|__)Port", Assert.ThrowsAny<Exception>(() => ManagementPort.Listen(Builder(("Management:Port", port)))).Message);

    private static WebApplicationBuilder Builder(params (string Name, string? Value)[] settings)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.Configuration.AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Name, setting.Value)));
        return builder;
    }
}
