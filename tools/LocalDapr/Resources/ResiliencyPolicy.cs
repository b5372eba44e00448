namespace ImDapr.LocalDapr.Resources;

/// <summary>How often and how long apart a failed call is made again.</summary>
/// <param name="MaxRetries">-1: for ever.</param>
public sealed record RetryPolicy(bool Exponential, TimeSpan Duration, TimeSpan MaxInterval, int MaxRetries)
{
    // Exponential policies of daprd start here and grow by half; its random part is left out.
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);

    /// <summary>Wait before the n-th retry (from 1), or null when it is given up.</summary>
    public TimeSpan? Delay(int retry)
    {
        if (MaxRetries >= 0 && retry > MaxRetries)
            return null;
        if (!Exponential)
            return Duration;
        return TimeSpan.FromMilliseconds(Math.Min(MaxInterval.TotalMilliseconds, First.TotalMilliseconds * Math.Pow(1.5, Math.Min(retry - 1, 40))));
    }
}

/// <summary>Retry and timeout of one target and direction; either may be absent.</summary>
public sealed record ResiliencyPolicy(RetryPolicy? Retry, TimeSpan? Timeout)
{
    public static readonly ResiliencyPolicy None = new(null, null);

    /// <summary>Runs the call: retry outside, timeout inside, as daprd nests them.</summary>
    /// <param name="call">What to run.</param>
    /// <param name="isPermanent">Whether an error is not worth another try.</param>
    /// <param name="time">Clock.</param>
    /// <param name="cancellationToken">Ends the waiting and the call.</param>
    public async Task RunAsync(
        Func<CancellationToken, Task> call, Func<Exception, bool> isPermanent, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var retry = 1; ; retry++)
        {
            try
            {
                await RunOnceAsync(call, time, cancellationToken);
                return;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested && !isPermanent(exception) && Retry?.Delay(retry) is not null)
            {
                await Task.Delay(Retry.Delay(retry)!.Value, time, cancellationToken);
            }
        }
    }

    private async Task RunOnceAsync(Func<CancellationToken, Task> call, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Timeout is not { } limit)
        {
            await call(cancellationToken);
            return;
        }
        using var timer = new CancellationTokenSource(limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            await call(both.Token);
        }
        catch (OperationCanceledException exception) when (timer.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"timeout of {limit.TotalMilliseconds} ms reached", exception);
        }
    }
}

/// <summary>The Resiliency files of one sidecar: policies by name, and which component uses which.</summary>
public sealed class Resiliency
{
    private readonly Dictionary<string, RetryPolicy> _retries = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, TimeSpan> _timeouts = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<(string Component, string Direction), ResiliencyPolicy> _components = [];

    /// <exception cref="ResourceException">A field that LocalDapr does not support and that would change behaviour.</exception>
    public static Resiliency Read(IEnumerable<YamlMap> specs)
    {
        var resiliency = new Resiliency();
        foreach (var spec in specs)
        {
            spec.Expect("policies", "targets");
            if (spec.Map("policies") is { } policies)
                resiliency.ReadPolicies(policies);
            if (spec.Map("targets") is { } targets)
                resiliency.ReadTargets(targets);
        }
        return resiliency;
    }

    /// <summary>The policy of a component.</summary>
    /// <param name="name">Component name.</param>
    /// <param name="kind"><c>Pubsub</c>, <c>Statestore</c> or <c>Binding</c>.</param>
    /// <param name="direction"><c>Inbound</c> or <c>Outbound</c>.</param>
    public ResiliencyPolicy ForComponent(string name, string kind, string direction)
    {
        if (_components.TryGetValue((name, direction), out var named))
            return named;
        string[] levels = [$"{kind}Component{direction}", $"Component{direction}", "Component", ""];
        var retry = levels.Select(level => _retries.GetValueOrDefault($"Default{level}RetryPolicy")).FirstOrDefault(policy => policy is not null);
        var timeout = levels.Select(level => $"Default{level}TimeoutPolicy").Where(_timeouts.ContainsKey).Select(key => (TimeSpan?)_timeouts[key]).FirstOrDefault();
        return new ResiliencyPolicy(retry, timeout);
    }

    private void ReadPolicies(YamlMap policies)
    {
        policies.Expect("timeouts", "retries");
        foreach (var (name, value, _) in policies.Map("timeouts")?.Entries() ?? [])
            _timeouts[name] = Duration(policies.Map("timeouts")!, name);
        foreach (var (name, _, _) in policies.Map("retries")?.Entries() ?? [])
            _retries[name] = ReadRetry(policies.Map("retries")!.Map(name)!);
    }

    private static RetryPolicy ReadRetry(YamlMap retry)
    {
        retry.Expect("policy", "duration", "maxInterval", "maxRetries");
        var exponential = retry.Text("policy") switch
        {
            "exponential" => true,
            "constant" or null => false,
            var other => throw retry.Wrong($"'policy' is constant or exponential, not '{other}'"),
        };
        return new RetryPolicy(
            exponential,
            retry.Find("duration") is null ? TimeSpan.FromSeconds(5) : Duration(retry, "duration"),
            retry.Find("maxInterval") is null ? TimeSpan.FromSeconds(60) : Duration(retry, "maxInterval"),
            retry.Number("maxRetries") ?? -1);
    }

    private void ReadTargets(YamlMap targets)
    {
        targets.Expect("components");
        foreach (var (name, _, _) in targets.Map("components")?.Entries() ?? [])
        {
            var component = targets.Map("components")!.Map(name)!;
            component.Expect("inbound", "outbound");
            foreach (var direction in new[] { "Inbound", "Outbound" })
            {
                if (component.Map(direction) is { } target)
                    _components[(name, direction)] = ReadTarget(target);
            }
        }
    }

    private ResiliencyPolicy ReadTarget(YamlMap target)
    {
        target.Expect("retry", "timeout");
        var retry = target.Text("retry") is not { } retryName ? null
            : _retries.GetValueOrDefault(retryName) ?? throw target.Wrong($"there is no retry policy '{retryName}'");
        TimeSpan? timeout = target.Text("timeout") is not { } timeoutName ? null
            : _timeouts.TryGetValue(timeoutName, out var value) ? value
            : throw target.Wrong($"there is no timeout policy '{timeoutName}'");
        return new ResiliencyPolicy(retry, timeout);
    }

    private static TimeSpan Duration(YamlMap map, string name) =>
        GoDuration.TryParse(map.Required(name), out var duration) ? duration : throw ResourceException.At(map.File, map.Find(name)!, $"'{name}' is not a duration");
}
