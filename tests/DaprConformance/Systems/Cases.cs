using System.Diagnostics;
using Dapr;
using Grpc.Core;

namespace ImDapr.DaprConformance.Systems;

/// <summary>What all cases use. They keep apart by keys of their own.</summary>
public abstract class Cases(ConformanceSystem system)
{
    /// <summary>Long enough for whatever must happen; only a failure waits as long.</summary>
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>How long a case watches that something does not happen.</summary>
    protected static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(900);

    protected ConformanceSystem System => system;

    /// <summary>The instances of an app; a case with a system of its own has others.</summary>
    protected virtual IEnumerable<AppInstance> Instances(string appId) => system.Instances(appId);

    protected AppInstance A => system.A;

    protected AppInstance A2 => system.A2;

    protected AppInstance B => system.B;

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A key that nobody else has; the apps find it in whatever they get.</summary>
    protected static string NewKey() => $"k-{Guid.NewGuid():N}";

    /// <summary>Waits until an app, over all its instances, got so many requests with the key.</summary>
    protected async Task<IReadOnlyList<Recorded>> RecordedAsync(string appId, string key, int count = 1, Func<Recorded, bool>? which = null)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var records = await AllAsync(appId, key, which);
            if (records.Count >= count)
                return records;
            if (watch.Elapsed > Patience)
                Assert.Fail($"{appId} got {records.Count} of {count}: {string.Join('\n', records)}");
            // Any instance may be the one that gets the next.
            var waits = Instances(appId).Select(app => NextAsync(app, key)).ToList();
            await Task.WhenAny(waits);
        }
    }

    /// <summary>The one request with the key, after it was watched that no second one comes.</summary>
    protected async Task<Recorded> RecordedOnceAsync(string appId, string key, Func<Recorded, bool>? which = null)
    {
        await RecordedAsync(appId, key, 1, which);
        return Assert.Single(await RecordedInSilenceAsync(appId, key, 2, which));
    }

    /// <summary>What there is after a while in which one more than expected would have come.</summary>
    protected async Task<IReadOnlyList<Recorded>> RecordedInSilenceAsync(string appId, string key, int tooMany = 1, Func<Recorded, bool>? which = null)
    {
        await Task.WhenAll(Instances(appId).Select(app => app.RecordedAsync(key, tooMany, Silence)));
        return await AllAsync(appId, key, which);
    }

    private async Task<List<Recorded>> AllAsync(string appId, string key, Func<Recorded, bool>? which)
    {
        var all = await Task.WhenAll(Instances(appId).Select(app => app.RecordedAsync(key, 0, TimeSpan.Zero)));
        return [.. all.SelectMany(records => records).Where(which ?? (_ => true)).OrderBy(record => record.At)];
    }

    private static async Task NextAsync(AppInstance app, string key)
    {
        var had = await app.RecordedAsync(key, 0, TimeSpan.Zero);
        await app.RecordedAsync(key, had.Count + 1, TimeSpan.FromMilliseconds(500));
    }

    /// <summary>Asks again until the answer is right.</summary>
    protected static async Task<T> UntilAsync<T>(Func<Task<T>> ask, Func<T, bool> isRight, TimeSpan? patience = null)
    {
        var watch = Stopwatch.StartNew();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (true)
        {
            var answer = await ask();
            if (isRight(answer))
                return answer;
            if (watch.Elapsed > (patience ?? Patience))
                Assert.Fail($"still {answer} after {watch.Elapsed}");
            await timer.WaitForNextTickAsync(Token);
        }
    }

    /// <summary>The gRPC status with which the SDK's call fails.</summary>
    protected static async Task<RpcException> RefusedAsync(StatusCode code, Func<Task> call)
    {
        var error = await Assert.ThrowsAsync<DaprException>(call);
        var inner = Assert.IsType<RpcException>(error.InnerException);
        Assert.True(code == inner.StatusCode, $"expected {code}, got {inner.Status}");
        return inner;
    }

    protected static string Text(ReadOnlySpan<byte> bytes) => global::System.Text.Encoding.UTF8.GetString(bytes);

    protected static byte[] Bytes(string text) => global::System.Text.Encoding.UTF8.GetBytes(text);
}
