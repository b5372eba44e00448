using ImDapr.LocalDapr.Resources;

namespace ImDapr.UnitTests.LocalDapr.Resources;

/// <summary>What a Configuration file may say.</summary>
public sealed class SidecarConfigurationTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<string> _warnings = [];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("tracing: {samplingRate: \"1\", zipkin: {endpointAddress: x}}", "'tracing.zipkin' has no effect")]
    [InlineData("tracing: {otel: {endpointAddress: x}}", "'tracing.otel' has no effect")]
    [InlineData("features: [{name: HotReload, enabled: true}]", "feature 'HotReload' has no effect")]
    [InlineData("metrics: {enabled: true}", "'metrics' has no effect")]
    public void What_has_no_effect_is_named_with_its_place(string spec, string warning)
    {
        Read(spec);

        Assert.Matches($@"config\.yaml\(5,\d+\): {warning}", Assert.Single(_warnings));
    }

    [Theory]
    [InlineData("accessControl: {defaultAction: deny}")]
    [InlineData("httpPipeline: {handlers: []}")]
    [InlineData("tracing: {sampling: \"1\"}")]
    public void What_would_change_behaviour_is_refused_with_its_place(string spec)
    {
        var refused = Assert.Throws<ResourceException>(() => Read(spec));

        Assert.Matches(@"config\.yaml\(5,\d+\): ", refused.Message);
    }

    [Fact]
    public void What_is_supported_needs_no_word()
    {
        var configuration = Read("{tracing: {samplingRate: \"0\"}, features: [{name: ActorStateTTL, enabled: true}, {name: HotReload, enabled: false}]}");

        Assert.Equal([SidecarConfiguration.ActorStateTtl], configuration.Features);
        Assert.False(configuration.IsTracing);
        Assert.Empty(_warnings);
    }

    private SidecarConfiguration Read(string spec)
    {
        var path = Path.Combine(_folder.Path, "config.yaml");
        File.WriteAllText(path, $"apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: {{name: c}}\nspec:\n  {spec}\n");
        return SidecarConfiguration.Read(path, _warnings.Add);
    }
}
