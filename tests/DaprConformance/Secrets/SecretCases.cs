using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Secrets;

/// <summary>Secrets out of a file and out of the environment. That a component uses one is in the prefixes of state stores.</summary>
public sealed class SecretCases(ConformanceSystem system) : Cases(system)
{
    [Theory]
    [InlineData("secrets-file", "plain", "a plain secret"), InlineData("secrets-file", "nested:inner", "a nested secret")]
    [InlineData("secrets-env", "CONFORMANCE_SECRET", "a secret of the environment")]
    [Source("cc:secretstores/local/file/filestore.go"), Source("cc:secretstores/local/env/envstore.go")]
    public async Task A_secret_is_read_over_both_transports(string store, string name, string value)
    {
        Assert.Equal(value, (await A.Dapr.GetSecretAsync(store, name, cancellationToken: Token))[name]);
        Assert.Equal(value, (await A.GetAsync($"/v1.0/secrets/{store}/{name}")).Is(200).Json.GetProperty(name).GetString());
    }

    [Fact]
    [Source("daprd:pkg/api/universal/secrets.go"), Source("cc:secretstores/local/file/filestore.go")]
    public async Task A_bulk_has_every_secret_of_a_file()
    {
        var secrets = await A.Dapr.GetBulkSecretAsync("secrets-file", cancellationToken: Token);
        Assert.Equal("a plain secret", secrets["plain"]["plain"]);
        Assert.Equal("a nested secret", secrets["nested:inner"]["nested:inner"]);

        var json = (await A.GetAsync("/v1.0/secrets/secrets-file/bulk")).Is(200).Json;
        Assert.Equal("shared", json.GetProperty("prefix").GetProperty("prefix").GetString());
    }

    [Fact]
    [Source("cc:secretstores/local/env/envstore.go")]
    public async Task What_is_daprs_own_in_the_environment_is_no_secret()
    {
        var secrets = await A.Dapr.GetBulkSecretAsync("secrets-env", cancellationToken: Token);

        Assert.Equal("a secret of the environment", secrets["CONFORMANCE_SECRET"]["CONFORMANCE_SECRET"]);
        Assert.DoesNotContain(secrets.Keys, name => name.StartsWith("DAPR_", StringComparison.OrdinalIgnoreCase) || name == "APP_API_TOKEN");
    }

    [Fact]
    [Source("daprd:pkg/messages/predefined.go"), Source("cc:secretstores/local/file/filestore.go")]
    public async Task A_secret_that_the_file_does_not_have_is_an_error()
    {
        (await A.GetAsync("/v1.0/secrets/secrets-file/none")).Is(500, "ERR_SECRET_GET");
        await RefusedAsync(StatusCode.Internal, () => A.Dapr.GetSecretAsync("secrets-file", "none", cancellationToken: Token));
    }

    [Theory, InlineData("CONFORMANCE_NONE"), InlineData("DAPR_HTTP_PORT")]
    [Source("cc:secretstores/local/env/envstore.go")]
    public async Task A_variable_that_there_is_not_or_nobody_may_see_is_empty(string name) =>
        Assert.Equal("", (await A.GetAsync($"/v1.0/secrets/secrets-env/{name}")).Is(200).Json.GetProperty(name).GetString());

    [Fact]
    [Source("daprd:pkg/messages/predefined.go")]
    public async Task An_unknown_store_is_refused()
    {
        (await A.GetAsync("/v1.0/secrets/nowhere/x")).Is(401, "ERR_SECRET_STORE_NOT_FOUND");
        (await A.GetAsync("/v1.0/secrets/nowhere/bulk")).Is(401, "ERR_SECRET_STORE_NOT_FOUND");
        await RefusedAsync(StatusCode.InvalidArgument, () => A.Dapr.GetSecretAsync("nowhere", "x", cancellationToken: Token));
    }
}
