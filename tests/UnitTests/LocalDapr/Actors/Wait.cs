using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.LocalDapr.Actors;

internal static class Wait
{
    /// <summary>Real time after which a test has failed.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    /// <summary>Lets fake time pass in steps until the task has completed.</summary>
    public static async Task<T> AdvanceUntilAsync<T>(this FakeTimeProvider time, Task<T> task, TimeSpan step)
    {
        var clock = Stopwatch.StartNew();
        while (!task.IsCompleted)
        {
            Assert.True(clock.Elapsed < Limit, "nothing happened however much time passed");
            time.Advance(step);
            await Task.WhenAny(task, AFewTurnsAsync());
        }

        return await task;
    }

    // Real HTTP runs between two steps: a step must leave it the time for a round trip.
    private static async Task AFewTurnsAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        await timer.WaitForNextTickAsync();
    }
}
