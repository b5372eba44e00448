using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Secrets;

/// <summary>The secrets API.</summary>
[Source("daprd:pkg/api/universal/secrets.go")]
public sealed class SecretCases(ConformanceSystem system) : Cases(system)
{
    [Theory]
    [InlineData("plain", "a plain secret"), InlineData("nested:inner", "a nested secret")]
    [Source("cc:secretstores/local/file/filestore.go")]
    public async Task A_secret_is_a_map_of_one(string name, string value)
    {
        Assert.Equal(value, Assert.Single(await A.Dapr.GetSecretAsync("secrets-file", name, cancellationToken: Token)).Value);
        Assert.Equal(value, (await A.GetAsync($"/v1.0/secrets/secrets-file/{name}")).Is(200).Json.GetProperty(name).GetString());
    }

    [Fact]
    [Source("cc:secretstores/local/file/filestore.go")]
    public async Task All_secrets_are_had_at_once()
    {
        var sdk = await A.Dapr.GetBulkSecretAsync("secrets-file", cancellationToken: Token);
        var http = (await A.GetAsync("/v1.0/secrets/secrets-file/bulk")).Is(200).Json;

        Assert.Equal("shared", sdk["prefix"]["prefix"]);
        Assert.Equal("shared", http.GetProperty("prefix").GetProperty("prefix").GetString());
        Assert.True(sdk.ContainsKey("nested:inner"));
    }

    [Fact]
    [Source("cc:secretstores/local/file/filestore.go")]
    public async Task A_secret_that_a_file_does_not_have_is_an_error()
    {
        (await A.GetAsync("/v1.0/secrets/secrets-file/none")).Is(500, "ERR_SECRET_GET");
        await RefusedAsync(StatusCode.Internal, () => A.Dapr.GetSecretAsync("secrets-file", "none", cancellationToken: Token));
    }

    [Fact]
    [Source("daprd:pkg/messages/predefined.go")]
    public async Task A_store_that_is_not_there_is_an_error()
    {
        (await A.GetAsync("/v1.0/secrets/none/plain")).Is(401, "ERR_SECRET_STORE_NOT_FOUND");
        (await A.GetAsync("/v1.0/secrets/none/bulk")).Is(401, "ERR_SECRET_STORE_NOT_FOUND");
        await RefusedAsync(StatusCode.InvalidArgument, () => A.Dapr.GetSecretAsync("none", "plain", cancellationToken: Token));
    }

    [Fact]
    [Source("cc:secretstores/local/env/envstore.go")]
    public async Task The_environment_is_a_store()
    {
        var secret = (await A.GetAsync("/v1.0/secrets/secrets-env/PATH")).Is(200).Json;

        Assert.NotEmpty(secret.GetProperty("PATH").GetString()!);
    }

    [Theory]
    [InlineData("DAPR_API_TOKEN"), InlineData("APP_API_TOKEN")]
    [Source("cc:secretstores/local/env/envstore.go")]
    public async Task What_is_Daprs_own_is_not_told(string name)
    {
        var answer = (await A.GetAsync($"/v1.0/secrets/secrets-env/{name}")).Is(200);

        Assert.Equal("", answer.Json.GetProperty(name).GetString());
    }

    [Fact]
    [Source("SDK:Dapr.Client.DaprClientGrpc")]
    public async Task A_secret_store_is_no_state_store() => (await A.GetAsync("/v1.0/state/secrets-file/plain")).Is(400, "ERR_STATE_STORE_NOT_FOUND");
}
