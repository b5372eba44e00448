using System.Text.Json;
using ImDapr.Chat.Connecting;
using ImDapr.Contracts;

namespace ImDapr.Chaos.Traffic;

/// <summary>Far more than the system can carry: every device has many sends under way, and makes none of the refused ones again.</summary>
internal static class Flood
{
    /// <summary>What all processes may grow by, in bytes.</summary>
    public const long MostMemory = 1L << 30;

    private const int UnderWay = 100;

    public static async Task RunAsync(Crowd crowd, TimeSpan length, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(length);
        var stop = end.Token;
        await Task.WhenAll(crowd.People.Select((person, i) => Task.WhenAll(
            Enumerable.Range(0, UnderWay).Select(lane => WriteAsync(crowd, person, crowd.People[(i + 1) % crowd.People.Length], lane, stop, cancellationToken)))));
    }

    private static async Task WriteAsync(Crowd crowd, Person person, Person to, int lane, CancellationToken stop, CancellationToken cancellationToken)
    {
        var run = Guid.NewGuid().ToString("N")[..8];
        for (var number = 1; !stop.IsCancellationRequested; number++)
        {
            var id = $"{person.Id}-f{run}-{lane}-{number}";
            var send = new SendMessage(id, to.Id, null, MessageTypes.Text, JsonSerializer.SerializeToElement(new { text = id }));
            try
            {
                var ack = await person.Devices[0].CallAsync<SendAck>("Send", send, cancellationToken);
                crowd.Ledger.Acknowledge(new Acknowledged(ack.ConversationId, ack.Seq, id, person.Id, Acknowledged.Unordered));
            }
            catch (HubRefusedException)
            {
                crowd.Ledger.Refuse();
            }
            catch (LinkLostException)
            {
                crowd.Ledger.LeaveUnanswered();
            }
        }
    }
}
