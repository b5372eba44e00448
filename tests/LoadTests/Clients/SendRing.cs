namespace ImDapr.LoadTests.Clients;

/// <summary>A message on its way; times in Stopwatch ticks.</summary>
internal struct Send
{
    public int Number;
    public bool IsAnswered;

    /// <summary>When it had to be sent: what latencies count from.</summary>
    public long Due;
    public Target Target;
    public int Attempts;
}

/// <summary>The latest messages of one sender, until long after they were delivered.</summary>
internal sealed class SendRing(int capacity)
{
    private readonly Send[] _sends = new Send[capacity]; // a power of two
    private int _oldest = 1;

    /// <summary>The number of the next message; the first is 1.</summary>
    public int Next { get; private set; } = 1;

    /// <summary>Sent and neither acknowledged nor refused for good.</summary>
    public int Pending { get; private set; }

    /// <summary>The place that the next one needs is still taken by one without an answer.</summary>
    public bool IsFull => Next - _oldest >= _sends.Length;

    public ref Send Add(Target target, long due)
    {
        if (IsFull)
            throw new InvalidOperationException("A sender has too many messages without an answer");
        ref var send = ref _sends[Next & (_sends.Length - 1)];
        send = new Send { Number = Next, Due = due, Target = target };
        Next++;
        Pending++;
        return ref send;
    }

    /// <summary>Whether it is still known.</summary>
    public bool Knows(int number) => _sends[number & (_sends.Length - 1)].Number == number;

    public ref Send this[int number] => ref _sends[number & (_sends.Length - 1)];

    /// <returns>False when it was answered before.</returns>
    public bool Answer(int number)
    {
        ref var send = ref this[number];
        if (!Knows(number) || send.IsAnswered)
            return false;
        send.IsAnswered = true;
        Pending--;
        while (_oldest < Next && this[_oldest].IsAnswered)
            _oldest++;
        return true;
    }

    /// <summary>Those without an answer, oldest first.</summary>
    public IEnumerable<int> Unanswered()
    {
        for (var number = _oldest; number < Next; number++)
        {
            if (!this[number].IsAnswered)
                yield return number;
        }
    }
}
