using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Stacks;
using ImDapr.LocalDapr.Hosting;
using ImDapr.LocalDapr.Runner;
using ImDapr.ServiceDefaults.Sql;
using ImDapr.UnitTests.LocalDapr;

namespace ImDapr.IntegrationTests.Migrations;

/// <summary>The programs of the services with <c>--migrate</c>, as the Jobs of k8s/components/migrations start them: beside a sidecar of their own.</summary>
public sealed class MigrationJobTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TempFolder _folder = new();
    private LocalDaprHost? _host;

    public Task InitializeAsync()
    {
        foreach (var binding in new[] { "entities", "entities-2" })
        {
            File.WriteAllText(
                Path.Combine(_folder.Path, $"{binding}.yaml"),
                $"apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: {{name: {binding}}}\nspec:\n  type: bindings.sqlite\n  version: v1\n  metadata: [{{name: url, value: {binding}.db}}]\n");
        }
        _host = new LocalDaprHost(Path.Combine(_folder.Path, "data"));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _host!.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("MessageService", "message", "messages", "entities,entities-2")]
    [InlineData("UserService", "user", "users", "entities")]
    public async Task Every_database_has_its_tables_afterwards_and_once_more_changes_nothing(string service, string schema, string table, string bindings)
    {
        var variables = new Dictionary<string, string> { ["Storage__Bindings"] = bindings };

        var (code, output) = await MigrateAsync(service, variables);

        Assert.True(code == 0, output);
        Assert.Contains($"Schema {schema}: applied 0001_", output, StringComparison.Ordinal);
        foreach (var binding in bindings.Split(','))
            Assert.Equal(0, await CountAsync(binding, table));
        (code, output) = await MigrateAsync(service, variables);
        Assert.True(code == 0, output);
        Assert.DoesNotContain("applied", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Storage__Bindings", "entities,entities")]
    [InlineData("Storage__Bindings", "entities, entities-2")]
    [InlineData("Storage__Model", "mongo")]
    public async Task A_setting_that_is_wrong_ends_it_with_a_sentence(string variable, string value)
    {
        var (code, output) = await MigrateAsync("MessageService", new() { [variable] = value });

        Assert.Equal(1, code);
        Assert.Contains(variable, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Databases_that_are_not_those_of_the_service_end_it()
    {
        await MigrateAsync("MessageService", new() { ["Storage__Bindings"] = "entities" });

        var (code, output) = await MigrateAsync("MessageService", new() { ["Storage__Bindings"] = "entities,entities-2" });

        Assert.NotEqual(0, code);
        Assert.Contains("The database of binding entities is number 1 of 1 of schema message", output, StringComparison.Ordinal);
    }

    private async Task<(int Code, string Output)> MigrateAsync(string service, Dictionary<string, string> variables)
    {
        await using var sidecar = await SidecarAsync();
        foreach (var (name, value) in sidecar.AppVariables)
            variables[name] = value;
        var said = new List<string>();
        await using var job = AppProcess.Start(service, _folder.Path, ["dotnet", Repository.Service(service), "--migrate"], variables, line =>
        {
            lock (said)
                said.Add(line);
        });
        await job.Exited.WaitAsync(Patience);
        return (job.ExitCode, string.Join('\n', said));
    }

    private async Task<long> CountAsync(string binding, string table)
    {
        await using var sidecar = await SidecarAsync();
        using var dapr = new DaprClientBuilder()
            .UseHttpEndpoint($"http://127.0.0.1:{sidecar.HttpPort}").UseGrpcEndpoint($"http://127.0.0.1:{sidecar.GrpcPort}")
            .UseJsonSerializationOptions(ContractsJson.Wire).Build();
        using var sql = new SqlClient(dapr, binding);
        return (await sql.QueryAsync($"SELECT COUNT(*) AS many FROM {table}", [], CancellationToken.None)).Single().Int64("many");
    }

    private Task<Sidecar> SidecarAsync() =>
        _host!.AddSidecarAsync(new SidecarOptions("migrations", FreePorts.Next(), [_folder.Path]) { WorkingFolder = _folder.Path });
}
