using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.ServiceDefaults.Versions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace ImDapr.UnitTests.ServiceDefaults;

public sealed class InternalCallsTests
{
    [Theory]
    [InlineData("/internal/sends", null, true)]
    [InlineData("/internal/sends", "1", true)]
    [InlineData("/internal/sends", "2", false)]
    [InlineData("/internal/sends", "one", false)]
    [InlineData("/internal/sends", "1,1", false)]
    [InlineData("/api/inbox", "2", true)] // whatever a client says
    public async Task A_call_up_to_the_version_that_is_known_passes(string path, string? version, bool passes)
    {
        var context = new DefaultHttpContext();
        context.Request.Path = path;
        if (version is not null)
            context.Request.Headers[ContractVersions.CallHeader] = version;
        var hasPassed = false;

        var refusal = await Record.ExceptionAsync(() => InternalCalls.CheckAsync(context, _ =>
        {
            hasPassed = true;
            return Task.CompletedTask;
        }));

        Assert.Equal((passes, !passes), (hasPassed, refusal is UnknownVersionException));
    }

    [Fact]
    public void A_caller_says_its_version()
    {
        var services = new ServiceCollection().AddSingleton<IConfiguration>(new ConfigurationBuilder().Build()).BuildServiceProvider();

        using var http = InternalCalls.ClientOf(DaprNames.MessageService, services);

        Assert.Equal(["1"], http.DefaultRequestHeaders.GetValues(ContractVersions.CallHeader));
    }

    // None of the codes that a sidecar tries again (components/resiliency.yaml), and no client's fault.
    [Fact]
    public void The_refusal_has_a_status_of_its_own() => Assert.Equal(501, ProblemExtensions.StatusOf(ErrorCodes.UnknownVersion));
}
