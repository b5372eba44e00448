using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Servers;
using ImDapr.LocalDapr.Bindings;
using ImDapr.LocalDapr.Resources;
using ImDapr.LocalDapr.State;
using ImDapr.UnitTests.LocalDapr;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.IntegrationTests.Tls;

/// <summary>Stores that speak TLS and nothing else.</summary>
public sealed class TlsTests(TlsCluster cluster) : IClassFixture<TlsCluster>
{
    private static readonly CancellationToken None = CancellationToken.None;

    [Fact]
    public async Task A_message_passes_when_its_authority_is_known()
    {
        var users = new[] { await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob") };
        await using var ann = await users[0].ConnectAsync();
        await using var bob = await users[1].ConnectAsync();

        await ann.SendToAsync(users[1].Id, "hello");

        Assert.Equal("hello", ImClient.TextOf(await bob.NextMessageAsync()));
    }

    // This process does not know the authority.
    [Fact]
    public Task A_Redis_that_cannot_be_verified_is_refused() => RefusedAsync(Redis(cluster.RedisHost, ("enableTLS", "true")));

    [Fact]
    public Task A_Redis_with_TLS_is_not_reached_without() => RefusedAsync(Redis(cluster.RedisHost));

    [Fact]
    public Task Nobody_is_verified_where_that_is_asked_for() =>
        ReachedAsync(Redis(cluster.RedisHost, ("enableTLS", "true"), ("insecureSkipTLSVerify", "true")));

    [Fact]
    public async Task A_Redis_that_asks_for_certificates_is_shown_the_components_own()
    {
        await using var strict = await PrivateRedis.StartAsync(None, tls: cluster.Certificates.OfRedis(knowsClients: true));
        (string, string)[] tls = [("enableTLS", "true"), ("insecureSkipTLSVerify", "true")];
        var certificate = await File.ReadAllTextAsync(cluster.Certificates.Client);
        var key = await File.ReadAllTextAsync(cluster.Certificates.ClientKey);

        await ReachedAsync(Redis(strict.Host, [.. tls, ("clientCert", certificate), ("clientKey", key)]));
        await RefusedAsync(Redis(strict.Host, tls));
        var unreadable = Redis(strict.Host, [.. tls, ("clientCert", certificate), ("clientKey", "none")]);
        Assert.Contains("clientKey", Assert.Throws<ComponentException>(() => Create(unreadable)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tls=custom", true)] // its authority is in pemPath
    [InlineData("tls=skip-verify", true)]
    [InlineData("tls=true", false)]
    [InlineData("tls=false", false)]
    public async Task A_database_is_verified_as_its_url_says(string parameter, bool isReached)
    {
        var spec = Components.Spec("bindings.mysql", "/", ("url", $"{cluster.MySqlDsn}?{parameter}"), ("pemPath", cluster.Certificates.Authority));
        await using var binding = OutputBindings.Create(spec, TimeProvider.System, NullLoggerFactory.Instance);

        var refusal = await Record.ExceptionAsync(() => binding.InitAsync(None));

        Assert.Equal(isReached, refusal is null);
    }

    private static ComponentSpec Redis(string host, params (string Name, string Value)[] more) =>
        Components.Spec("state.redis", "/", [("redisHost", host), ("dialTimeout", "2s"), .. more]);

    private static IStateStore Create(ComponentSpec spec) => StateStores.Create(spec, TimeProvider.System, NullLoggerFactory.Instance);

    private static async Task ReachedAsync(ComponentSpec spec)
    {
        await using var store = Create(spec);
        await store.InitAsync(None);
    }

    private static async Task RefusedAsync(ComponentSpec spec)
    {
        await using var store = Create(spec);
        await Assert.ThrowsAsync<ComponentException>(() => store.InitAsync(None));
    }
}
