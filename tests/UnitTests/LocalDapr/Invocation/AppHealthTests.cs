using ImDapr.LocalDapr.Invocation;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.UnitTests.LocalDapr.Invocation;

public sealed class AppHealthTests
{
    private static readonly AppHealthOptions Often = new("/healthz", TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(5), 2);

    [Fact]
    public async Task A_check_that_throws_is_not_the_last()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.MapGet("/healthz", () => "ok");
        await app.StartAsync();
        using var channel = new AppChannel("app", new Uri(app.Urls.Single()).Port, apiToken: null);
        var calls = 0;
        var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        await using var health = new AppHealth(channel, Often, _ =>
        {
            if (Interlocked.Increment(ref calls) == 1)
                throw new InvalidOperationException("the store of the subscriptions is away");
            again.TrySetResult();
            return Task.FromResult(true);
        }, TimeProvider.System, NullLogger.Instance);

        await again.Task.WaitAsync(Components.Patience);
        Assert.True(channel.IsHealthy);
    }
}
