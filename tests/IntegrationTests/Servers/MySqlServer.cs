namespace ImDapr.IntegrationTests.Servers;

/// <summary>The database server of a collection of tests: the one that IMDAPR_MYSQL_DSN names, else a private MariaDB.</summary>
public sealed class MySqlServer : IAsyncLifetime
{
    private PrivateMariaDb? _private;

    /// <summary>In the form of Go's driver.</summary>
    public string Dsn { get; private set; } = "";

    public async Task InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("IMDAPR_MYSQL_DSN") is { Length: > 0 } dsn)
            Dsn = dsn;
        else
            Dsn = (_private = await PrivateMariaDb.StartAsync()).Dsn;
    }

    public async Task DisposeAsync()
    {
        if (_private is not null)
            await _private.DisposeAsync();
    }
}

[CollectionDefinition(Name)]
public sealed class MySqlCollection : ICollectionFixture<MySqlServer>
{
    public const string Name = "MySQL";
}
