using System.Net;
using ImDapr.ConnectionService.Edge;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class EdgeRoutesTests
{
    [Theory]
    [InlineData("/api/users", "user-service", "/api/users")]
    [InlineData("/api/users/me", "user-service", "/api/users/me")]
    [InlineData("/api/sessions/refresh", "user-service", "/api/sessions/refresh")]
    [InlineData("/api/devices/phone", "user-service", "/api/devices/phone")]
    [InlineData("/api/contacts/bob", "user-service", "/api/contacts/bob")]
    [InlineData("/api/blocks/bob", "user-service", "/api/blocks/bob")]
    [InlineData("/api/groups/g1/members/bob", "user-service", "/api/groups/g1/members/bob")]
    [InlineData("/api/conversations/d:ann:bob/messages", "message-service", "/api/conversations/d%3Aann%3Abob/messages")]
    [InlineData("/api/inbox", "message-service", "/api/inbox")]
    [InlineData("/api/openapi/user-service.json", "user-service", "/api/openapi/user-service.json")]
    [InlineData("/api/openapi/message-service.json", "message-service", "/api/openapi/message-service.json")]
    [InlineData("/api/users/bob' OR '1'='1", "user-service", "/api/users/bob%27%20OR%20%271%27%3D%271")]
    public void What_is_public_goes_to_the_service_that_owns_it(string path, string appId, string expected) =>
        Assert.Equal(new EdgeTarget(appId, expected), EdgeRoutes.Find(path));

    [Theory]
    [InlineData(null)]
    [InlineData("/")]
    [InlineData("/api")]
    [InlineData("/api/")]
    [InlineData("/api/internal/sends")]
    [InlineData("/internal/sends")]
    [InlineData("/api/../internal/sends")]
    [InlineData("/api/users/../../internal/sends")]
    [InlineData("/api/users/./me")]
    [InlineData("/api/users/..%2f..%2finternal")]
    [InlineData("/api/users/%2e%2e/%2e%2e/internal")]
    [InlineData("/api/users/..\\..\\internal")]
    [InlineData("/api/users//internal")]
    [InlineData("/api/users/")]
    [InlineData("/api/users/a?b")]
    [InlineData("/api/users/a#b")]
    [InlineData("/api/users/a\nb")]
    [InlineData("/api/actors/UserActor/ann/method/SyncAsync")]
    [InlineData("/api/dapr/subscribe")]
    [InlineData("/api/openapi/connection-service.json")]
    [InlineData("/api/openapi/user-service.json/more")]
    [InlineData("/api/openapi")]
    [InlineData("/apiusers")]
    public void Everything_else_does_not_exist_outside(string? path) => Assert.Null(EdgeRoutes.Find(path));

    [Theory]
    [InlineData("/dapr/subscribe", true)]
    [InlineData("/DAPR/config", true)]
    [InlineData("/events/deliveries", true)]
    [InlineData("/api/users", false)]
    [InlineData("/hub/im", false)]
    [InlineData("/healthz", false)]
    public void The_routes_of_the_sidecar_are_guarded(string path, bool expected) => Assert.Equal(expected, SidecarOnly.IsGuarded(path));

    [Fact]
    public void With_a_token_only_who_knows_it_is_the_sidecar()
    {
        var guard = Guard(token: "secret");

        Assert.True(guard.IsSidecar(Request("10.0.0.1", ("dapr-api-token", "secret"))));
        Assert.False(guard.IsSidecar(Request("127.0.0.1", ("dapr-api-token", "Secret"))));
        Assert.False(guard.IsSidecar(Request("127.0.0.1")));
    }

    [Fact]
    public void Without_a_token_only_this_machine_is_the_sidecar_and_no_proxy_on_it()
    {
        var guard = Guard(token: null);

        Assert.True(guard.IsSidecar(Request("127.0.0.1")));
        Assert.True(guard.IsSidecar(Request("::1")));
        Assert.False(guard.IsSidecar(Request("10.0.0.1")));
        Assert.False(guard.IsSidecar(Request("127.0.0.1", ("x-forwarded-for", "10.0.0.1"))));
        Assert.False(guard.IsSidecar(Request("127.0.0.1", ("forwarded", "for=10.0.0.1"))));
        Assert.False(guard.IsSidecar(Request("127.0.0.1", ("x-original-for", "10.0.0.1"))));
    }

    private static SidecarOnly Guard(string? token) =>
        new(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["APP_API_TOKEN"] = token }).Build());

    private static DefaultHttpContext Request(string address, params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        foreach (var (name, value) in headers)
            context.Request.Headers[name] = value;
        return context;
    }
}
