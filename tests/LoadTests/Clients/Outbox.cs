using ImDapr.LoadTests.Measuring;

namespace ImDapr.LoadTests.Clients;

/// <summary>What one device sends: in turn to each of its targets, and again under the same clientMessageId until it is acknowledged or refused for good.</summary>
internal sealed class Outbox(Crowd crowd, Device device)
{
    private const int LongestWaitMilliseconds = 5_000;
    private SendRing? _sends;
    private int _nextTarget;

    /// <summary>Where it sends to, in turn.</summary>
    public List<Target> Targets { get; } = [];

    /// <summary>Made with the first message: most of thousands of connections never send one.</summary>
    public SendRing Sends => _sends ??= new SendRing(crowd.Options.Remembered);

    private Tally Tally => crowd.Tally;

    /// <summary>Sends to the next target.</summary>
    /// <param name="due">When it should have been sent, in Stopwatch ticks.</param>
    public void Send(long due)
    {
        var target = Targets[_nextTarget++ % Targets.Count];
        var number = Sends.Add(target, due).Number;
        Tally.Sent++;
        device.Write(number, target);
    }

    /// <summary>A connection stands again: what has no answer is sent again.</summary>
    public void SendAgain()
    {
        foreach (var number in _sends?.Unanswered() ?? [])
            device.Write(number, Sends[number].Target);
    }

    public void Acknowledged(int number, long seq)
    {
        if (!Sends.Answer(number))
            return;
        ref var send = ref Sends[number];
        Tally.Acknowledged++;
        if (!send.Target.Conversation.Acknowledge(seq))
            Tally.OutOfOrder++;
        if (Tally.IsMeasuring)
            Tally.Answer.Record(crowd.Now - send.Due);
        crowd.Acknowledged(device, send.Target.Conversation);
    }

    /// <param name="number">Of the message.</param>
    /// <param name="code">What the error begins with.</param>
    /// <param name="error">All of it.</param>
    public void Refused(int number, string code, string error)
    {
        if (code is "unavailable" or "rate_limited")
        {
            SendLater(number);
        }
        else if (Sends.Answer(number))
        {
            Tally.GivenUp++;
            crowd.LastError = error;
            crowd.GaveUp(device);
        }
    }

    // Longer and longer, with jitter.
    private void SendLater(int number)
    {
        var wait = Math.Min(LongestWaitMilliseconds, 100 << Math.Min(6, Sends[number].Attempts++));
        crowd.Later((wait / 2) + Random.Shared.Next(wait), () =>
        {
            if (device.IsLive && Sends.Knows(number) && !Sends[number].IsAnswered)
                device.Write(number, Sends[number].Target);
        });
    }
}
