using ImDapr.LocalDapr.Expressions;

namespace ImDapr.LocalDapr.Policies;

/// <summary>How a circuit breaker behaves; each target has one of its own.</summary>
/// <param name="MaxRequests">Calls let through while half-open, and how many must succeed to close it.</param>
/// <param name="Interval">Counts are cleared this often while closed; zero: never.</param>
/// <param name="Timeout">How long it stays open.</param>
/// <param name="Trip">Opens it when true after a failure; over requests, totalSuccesses, totalFailures, consecutiveSuccesses, consecutiveFailures.</param>
public sealed record CircuitBreakerSettings(int MaxRequests, TimeSpan Interval, TimeSpan Timeout, CelExpression Trip)
{
    /// <summary>When nothing is given: six failures in a row.</summary>
    public static readonly CelExpression DefaultTrip = CelExpression.Compile("consecutiveFailures > 5");
}

/// <summary>The breaker is open, or half-open and busy: the call was not made, and another try would not be either.</summary>
public sealed class CircuitOpenException(string message) : Exception(message);

/// <summary>Counts a target's results and refuses calls while it fails: closed, open for a while, half-open for a trial.</summary>
/// <remarks>States and counts as in the Go library that daprd uses (sony/gobreaker): a result of an earlier state's call is not counted.</remarks>
public sealed class CircuitBreaker(CircuitBreakerSettings settings, TimeProvider time)
{
    private enum State { Closed, Open, HalfOpen }

    private readonly Lock _gate = new();
    private State _state;
    private long _generation;
    private DateTimeOffset? _expiry = settings.Interval > TimeSpan.Zero ? time.GetUtcNow() + settings.Interval : null;
    private long _requests, _successes, _failures, _successesInRow, _failuresInRow;

    /// <summary>Runs the call, or refuses it.</summary>
    /// <exception cref="CircuitOpenException">It was refused.</exception>
    public async Task RunAsync(Func<Task> call)
    {
        var generation = Begin();
        try
        {
            await call();
        }
        catch
        {
            End(generation, succeeded: false);
            throw;
        }
        End(generation, succeeded: true);
    }

    private long Begin()
    {
        lock (_gate)
        {
            MoveOn();
            if (_state == State.Open)
                throw new CircuitOpenException("circuit breaker is open");
            if (_state == State.HalfOpen && _requests >= settings.MaxRequests)
                throw new CircuitOpenException("too many requests");
            _requests++;
            return _generation;
        }
    }

    private void End(long generation, bool succeeded)
    {
        lock (_gate)
        {
            MoveOn();
            if (generation != _generation)
                return;
            if (succeeded)
                Succeed();
            else
                Fail();
        }
    }

    private void Succeed()
    {
        _successes++;
        _successesInRow++;
        _failuresInRow = 0;
        if (_state == State.HalfOpen && _successesInRow >= settings.MaxRequests)
            Enter(State.Closed);
    }

    private void Fail()
    {
        _failures++;
        _failuresInRow++;
        _successesInRow = 0;
        if (_state == State.HalfOpen || Trips())
            Enter(State.Open);
    }

    // An expression that cannot be evaluated does not trip.
    private bool Trips() => settings.Trip.TryEvaluate(
        new Dictionary<string, object?>
        {
            ["requests"] = _requests,
            ["totalSuccesses"] = _successes,
            ["totalFailures"] = _failures,
            ["consecutiveSuccesses"] = _successesInRow,
            ["consecutiveFailures"] = _failuresInRow,
        }, out var result, out _) && result is true;

    private void MoveOn()
    {
        if (_expiry is not { } expiry || expiry >= time.GetUtcNow())
            return;
        Enter(_state == State.Open ? State.HalfOpen : State.Closed);
    }

    private void Enter(State state)
    {
        _state = state;
        _generation++;
        (_requests, _successes, _failures, _successesInRow, _failuresInRow) = (0, 0, 0, 0, 0);
        _expiry = state switch
        {
            State.Open => time.GetUtcNow() + settings.Timeout,
            State.Closed when settings.Interval > TimeSpan.Zero => time.GetUtcNow() + settings.Interval,
            _ => null,
        };
    }
}

/// <summary>Breakers of one kind of target by key, at most so many: the one unused for longest makes room.</summary>
internal sealed class CircuitBreakerCache(CircuitBreakerSettings settings, int capacity, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, LinkedListNode<(string Key, CircuitBreaker Breaker)>> _nodes = [];
    private readonly LinkedList<(string Key, CircuitBreaker Breaker)> _order = [];

    public CircuitBreaker Get(string key)
    {
        lock (_gate)
        {
            if (_nodes.TryGetValue(key, out var known))
                _order.Remove(known);
            else
                _nodes[key] = known = new LinkedListNode<(string, CircuitBreaker)>((key, new CircuitBreaker(settings, time)));
            _order.AddFirst(known);
            if (_order.Count > capacity)
            {
                _nodes.Remove(_order.Last!.Value.Key);
                _order.RemoveLast();
            }
            return known.Value.Breaker;
        }
    }
}
