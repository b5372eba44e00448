using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.LocalDapr;

/// <summary>The servers on which components are tested, started once for all of them.</summary>
public sealed class ComponentServers : IAsyncLifetime
{
    public const string Collection = "Components on servers";

    private TestServers? _servers;

    /// <summary><c>host:port</c>.</summary>
    public string RedisHost => _servers!.RedisHost;

    /// <summary>In the form of Go's driver.</summary>
    public string MySqlDsn => _servers!.MySqlDsn;

    public async Task InitializeAsync() => _servers = await TestServers.StartAsync(CancellationToken.None);

    public async Task DisposeAsync()
    {
        if (_servers is not null)
            await _servers.DisposeAsync();
    }
}

[CollectionDefinition(ComponentServers.Collection)]
public sealed class ComponentServersCollection : ICollectionFixture<ComponentServers>;
