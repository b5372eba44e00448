using System.Text.Json;
using ImDapr.Chat.Connecting;
using ImDapr.Contracts;

namespace ImDapr.Chaos.Traffic;

/// <summary>Everybody has many sends under way at once, and makes none of the refused ones again.</summary>
/// <param name="UnderWay">Sends that each person has under way.</param>
/// <param name="AfterRefusal">How long a lane waits that was refused.</param>
internal sealed record Flood(int UnderWay, TimeSpan AfterRefusal)
{
    /// <summary>Far more than the system can carry.</summary>
    public static readonly Flood Overload = new(100, TimeSpan.Zero);

    /// <summary>As much as it can carry.</summary>
    public static readonly Flood Busy = new(4, TimeSpan.FromMilliseconds(100));

    /// <summary>Until <paramref name="stop"/> fires; what is under way then is still answered.</summary>
    public Task RunAsync(Crowd crowd, CancellationToken stop, CancellationToken cancellationToken) =>
        Task.WhenAll(crowd.People.SelectMany((person, i) => Enumerable.Range(0, UnderWay).Select(
            lane => WriteAsync(crowd.Ledger, new Lane(person, crowd.People[(i + 1) % crowd.People.Length], lane), stop, cancellationToken))));

    private async Task WriteAsync(Ledger ledger, Lane lane, CancellationToken stop, CancellationToken cancellationToken)
    {
        var run = Guid.NewGuid().ToString("N")[..8];
        for (var number = 1; !stop.IsCancellationRequested; number++)
        {
            if (!await TrySendAsync(ledger, lane, $"{lane.From.Id}-f{run}-{lane.Index}-{number}", cancellationToken))
                await Task.Delay(AfterRefusal, cancellationToken);
        }
    }

    private static async Task<bool> TrySendAsync(Ledger ledger, Lane lane, string id, CancellationToken cancellationToken)
    {
        var send = new SendMessage(id, lane.To.Id, null, MessageTypes.Text, JsonSerializer.SerializeToElement(new { text = id }));
        try
        {
            var ack = await lane.From.Devices[0].CallAsync<SendAck>("Send", send, cancellationToken);
            ledger.Acknowledge(new Acknowledged(ack.ConversationId, ack.Seq, id, lane.From.Id, Acknowledged.Unordered));
            return true;
        }
        catch (HubRefusedException)
        {
            ledger.Refuse();
        }
        catch (LinkLostException)
        {
            ledger.LeaveUnanswered();
        }
        return false;
    }

    private sealed record Lane(Person From, Person To, int Index);
}
