using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace ImDapr.ServiceDefaults.Hosting;

/// <summary>
/// Keeps an instance until its requests have ended and none has come for <see cref="DrainOptions.QuietMilliseconds"/>: its sidecar, and whoever else
/// sends to it, has noticed by then that it is leaving.
/// </summary>
/// <param name="others">Paths whose requests do not count: who asks for health goes on asking.</param>
public sealed class QuietRequests(IReadOnlyList<PathString> others, IOptions<DrainOptions> options, TimeProvider time) : IDrainStep
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _idle = Completed();
    private int _underWay;
    private long _last;

    /// <summary>A middleware that counts the requests.</summary>
    public async Task CountAsync(HttpContext context, RequestDelegate next)
    {
        if (others.Any(path => context.Request.Path.StartsWithSegments(path)))
        {
            await next(context);
            return;
        }
        Begin();
        try
        {
            await next(context);
        }
        finally
        {
            End();
        }
    }

    public async Task DrainAsync(CancellationToken limit)
    {
        lock (_gate)
            _last = time.GetTimestamp();
        while (Next() is { } wait)
            await wait(limit);
    }

    /// <summary>What to wait for; null: it is quiet.</summary>
    private Func<CancellationToken, Task>? Next()
    {
        lock (_gate)
        {
            if (_underWay > 0)
                return _idle.Task.WaitAsync;
            var left = options.Value.Quiet - time.GetElapsedTime(_last);
            return left > TimeSpan.Zero ? limit => Task.Delay(left, time, limit) : null;
        }
    }

    private void Begin()
    {
        lock (_gate)
        {
            if (_underWay++ == 0)
                _idle = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    private void End()
    {
        lock (_gate)
        {
            _last = time.GetTimestamp();
            if (--_underWay == 0)
                _idle.SetResult();
        }
    }

    private static TaskCompletionSource Completed()
    {
        var completed = new TaskCompletionSource();
        completed.SetResult();
        return completed;
    }
}
