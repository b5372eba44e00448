using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.UnitTests.LocalDapr.Resources;

/// <summary>What a multi-app run file says of its apps.</summary>
public sealed class RunFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_app_takes_from_common_what_it_does_not_say_itself()
    {
        var app = Assert.Single(Read(
            """
            common:
              resourcesPaths: [./components]
              configFilePath: ./config.yaml
              enableAppHealthCheck: true
              appHealthProbeInterval: 7
              maxBodySize: 8Mi
              env: {A: common, B: common}
            apps:
              - appID: one
                appDirPath: .
                appPort: 5000
                command: ["true"]
                appHealthProbeTimeout: 250
                appMaxConcurrency: 3
                env: {B: own}
            """).Apps);

        Assert.Equal(new AppHealthOptions("/healthz", TimeSpan.FromSeconds(7), TimeSpan.FromMilliseconds(250), 3), app.Sidecar.AppHealth);
        Assert.Equal((8 * 1024 * 1024, 3), (app.Sidecar.MaxBodyBytes, app.Sidecar.AppMaxConcurrency));
        Assert.Equal(Path.Combine(_folder.Path, "config.yaml"), app.Sidecar.ConfigurationFile);
        Assert.Equal(("common", "own"), (app.Environment["A"], app.Environment["B"]));
    }

    [Fact]
    public void What_has_no_effect_is_named_with_its_place()
    {
        var file = Read("common: {resourcesPaths: [.]}\napps:\n  - {appID: one, appDirPath: ., appPort: 5000, command: [\"true\"], metricsPort: 9090}");

        Assert.Matches(@"dapr\.yaml\(4,\d+\): 'metricsPort' has no effect in LocalDapr", Assert.Single(file.Notes));
    }

    [Fact]
    public void An_app_without_a_port_only_calls_its_sidecar()
    {
        var file = Read("common: {resourcesPaths: [.]}\napps:\n  - {appID: one, appDirPath: ., command: [\"true\"]}");

        Assert.False(Assert.Single(file.Apps).Listens);
    }

    [Fact]
    public void An_app_without_a_command_is_started_by_somebody_else()
    {
        var file = Read("common: {resourcesPaths: [.]}\napps:\n  - {appID: one, appDirPath: ., appPort: 5000}");

        Assert.False(Assert.Single(file.Apps).IsStarted);
    }

    [Theory]
    [InlineData("appProtocol: grpc", "use http")]
    [InlineData("appChannelAddress: 10.0.0.1", "this machine")]
    [InlineData("maxBodySize: large", "no size")]
    [InlineData("enableAppHealthCheck: perhaps", "true or false")]
    [InlineData("daprHttpsPort: 1", "unknown field")]
    public void What_cannot_be_honoured_is_refused_with_its_place(string field, string reason)
    {
        var refused = Assert.Throws<ResourceException>(() => Read(
            $"common: {{resourcesPaths: [.]}}\napps:\n  - appID: one\n    appDirPath: .\n    appPort: 5000\n    command: [\"true\"]\n    {field}"));

        Assert.Contains(reason, refused.Message);
        Assert.Matches(@"dapr\.yaml\(\d+,\d+\): ", refused.Message);
    }

    [Theory]
    [InlineData("appProtocol: grpc", "use http")]
    [InlineData("appChannelAddress: 10.0.0.1", "this machine")]
    public void What_common_asks_for_in_vain_is_refused_as_well(string field, string reason)
    {
        var refused = Assert.Throws<ResourceException>(
            () => Read($"common:\n  resourcesPaths: [.]\n  {field}\napps:\n  - {{appID: one, appDirPath: ., appPort: 5000, command: [\"true\"]}}"));

        Assert.Contains(reason, refused.Message);
        Assert.Matches(@"dapr\.yaml\(4,\d+\): ", refused.Message);
    }

    private RunFile Read(string yaml)
    {
        var path = Path.Combine(_folder.Path, "dapr.yaml");
        File.WriteAllText(path, $"version: 1\n{yaml}\n");
        return RunFile.Read(path);
    }
}
