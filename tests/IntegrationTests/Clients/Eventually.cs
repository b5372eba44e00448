using System.Diagnostics;

namespace ImDapr.IntegrationTests.Clients;

/// <summary>For what the system promises soon and tells nobody of: asked again until it is so, with a deadline.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);

    public static async Task TrueAsync(Func<Task<bool>> isSo)
    {
        var clock = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(Between);
        while (!await isSo())
        {
            Assert.True(clock.Elapsed < ImClient.Patience, $"still not so after {ImClient.Patience}");
            await timer.WaitForNextTickAsync();
        }
    }

    /// <summary>The call succeeds: while something comes back, calls fail at once instead of waiting.</summary>
    public static Task SucceedsAsync<TError>(Func<Task> call) where TError : Exception => TrueAsync(async () =>
    {
        try
        {
            await call();
            return true;
        }
        catch (TError)
        {
            return false;
        }
    });
}
