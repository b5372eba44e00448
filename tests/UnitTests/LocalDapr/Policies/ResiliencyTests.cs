using ImDapr.LocalDapr.Policies;
using ImDapr.LocalDapr.Resources;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.LocalDapr.Policies;

/// <summary>Resiliency files: which policy applies to what, and what they are refused for.</summary>
public sealed class ResiliencyTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_target_gets_the_policies_that_it_names()
    {
        var resiliency = Read(
            """
              policies:
                timeouts: {short: 5s}
                retries:
                  few: {policy: constant, duration: 10ms, maxRetries: 2, matching: {httpStatusCodes: "429,500-599"}}
                circuitBreakers:
                  careful: {maxRequests: 1, timeout: 30s, trip: consecutiveFailures > 1}
              targets:
                apps:
                  shop: {timeout: short, retry: few, circuitBreaker: careful}
                actors:
                  Cart: {timeout: short, retry: few, circuitBreaker: careful, circuitBreakerScope: id}
                components:
                  store: {outbound: {retry: few, circuitBreaker: careful}}
            """);

        var app = resiliency.ForApp("shop", "shop:orders");
        Assert.Equal((TimeSpan.FromSeconds(5), 2), (app.Timeout, app.Retry!.MaxRetries));
        Assert.True(app.Retry.HttpCodes!.Contains(503));
        Assert.False(app.Retry.HttpCodes.Contains(404));
        Assert.Same(app.Breaker, resiliency.ForApp("shop", "shop:orders").Breaker);
        Assert.NotSame(app.Breaker, resiliency.ForApp("shop", "shop:others").Breaker);
        Assert.Equal(TimeSpan.FromSeconds(5), resiliency.ActorTimeout("Cart"));
        Assert.Null(resiliency.ForActorTurn("Cart", "1").Timeout); // it begins with the turn, not before it
        Assert.NotSame(resiliency.ForActorTurn("Cart", "1").Breaker, resiliency.ForActorTurn("Cart", "2").Breaker);
        Assert.NotNull(resiliency.ForComponent("store", "Statestore", "Outbound").Retry);
        Assert.Equal(ResiliencyPolicy.None, resiliency.ForComponent("store", "Statestore", "Inbound"));
        Assert.Equal(ResiliencyPolicy.None, resiliency.ForApp("other", "other:x"));
    }

    [Fact]
    public void What_no_file_names_gets_the_most_specific_default()
    {
        var resiliency = Read(
            """
              policies:
                retries:
                  DefaultRetryPolicy: {maxRetries: 1}
                  DefaultComponentInboundRetryPolicy: {maxRetries: 2}
                  DefaultPubsubComponentInboundRetryPolicy: {maxRetries: 3}
                  DefaultAppRetryPolicy: {maxRetries: 4}
              targets:
                components:
                  named: {outbound: {}}
            """);

        Assert.Equal(3, resiliency.ForComponent("bus", "Pubsub", "Inbound").Retry!.MaxRetries);
        Assert.Equal(2, resiliency.ForComponent("in", "Binding", "Inbound").Retry!.MaxRetries);
        Assert.Equal(1, resiliency.ForComponent("store", "Statestore", "Outbound").Retry!.MaxRetries);
        Assert.Equal(4, resiliency.ForApp("shop", "x").Retry!.MaxRetries);
        Assert.Equal(1, resiliency.ForActorTurn("Cart", "1").Retry!.MaxRetries);
        Assert.Equal(ResiliencyPolicy.None, resiliency.ForComponent("named", "Pubsub", "Inbound"));
    }

    [Theory]
    [InlineData("  targets: {components: {store: {outbound: {retry: gone}}}}", "there is no retry policy 'gone'")]
    [InlineData("  targets: {actors: {Cart: {circuitBreaker: cb}}}\n  policies: {circuitBreakers: {cb: {}}}", "circuitBreakerScope")]
    [InlineData("  policies: {timeouts: {t: soon}}", "no duration")]
    [InlineData("  policies: {retries: {r: {policy: linear}}}", "constant or exponential")]
    [InlineData("  policies: {retries: {r: {matching: {httpStatusCodes: '7'}}}}", "'7' is no status code")]
    [InlineData("  policies: {circuitBreakers: {cb: {trip: 'consecutiveFailures >'}}}", "unexpected end")]
    [InlineData("  policies: {retries: {r: {maxTries: 3}}}", "unknown field 'maxTries'")]
    [InlineData("  targets: {endpoints: {}}", "unknown field 'endpoints'")]
    public void What_daprd_would_pass_over_is_refused_with_its_place(string spec, string reason)
    {
        var refused = Assert.Throws<ResourceException>(() => Read(spec));

        Assert.Contains(reason, refused.Message);
        Assert.Matches(@"resiliency\.yaml\(\d+,\d+\): ", refused.Message);
    }

    [Fact]
    public async Task Retries_are_made_around_the_timeout_and_not_when_the_breaker_is_open()
    {
        var time = new FakeTimeProvider { AutoAdvanceAmount = TimeSpan.Zero };
        var resiliency = Read(
            """
              policies:
                retries: {r: {duration: 0ms, maxRetries: 5}}
                circuitBreakers: {cb: {trip: consecutiveFailures > 1}}
              targets: {components: {store: {outbound: {retry: r, circuitBreaker: cb}}}}
            """, time);
        var calls = 0;

        await Assert.ThrowsAsync<CircuitOpenException>(() => resiliency.ForComponent("store", "Statestore", "Outbound").RunAsync(
            _ => throw new InvalidOperationException($"{++calls}"), _ => false, time, CancellationToken.None));

        Assert.Equal(2, calls);
    }

    [Fact]
    public void An_exponential_wait_grows_by_half_around_its_mean_and_ends()
    {
        var retry = new RetryPolicy(Exponential: true, default, TimeSpan.FromSeconds(1), -1);

        Assert.Equal(500, retry.Delay(1, TimeSpan.Zero, 0.5)!.Value.TotalMilliseconds);
        Assert.Equal(750, retry.Delay(2, TimeSpan.Zero, 0.5)!.Value.TotalMilliseconds);
        Assert.Equal(500, retry.Delay(9, TimeSpan.Zero, 0)!.Value.TotalMilliseconds);
        Assert.Equal(1500, retry.Delay(9, TimeSpan.Zero, 1)!.Value.TotalMilliseconds);
        Assert.Null(retry.Delay(9, TimeSpan.FromMinutes(16), 0.5));
    }

    private Resiliency Read(string spec, TimeProvider? time = null)
    {
        var path = Path.Combine(_folder.Path, "resiliency.yaml");
        File.WriteAllText(path, $"apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata:\n  name: test\nspec:\n{spec}\n");
        var files = ResourceFiles.Read([_folder.Path]);
        return ResiliencyFile.Read(files.Resiliencies.Select(file => (file.Name, file.Spec)), time ?? TimeProvider.System, NullLogger.Instance);
    }
}
