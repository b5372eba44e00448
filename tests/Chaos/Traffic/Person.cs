using System.Text.Json;
using ImDapr.Chat.Connecting;
using ImDapr.Contracts;

namespace ImDapr.Chaos.Traffic;

/// <summary>A conversation that a person writes into. Exactly one of the two is set.</summary>
internal sealed record Addressee(string? UserId, string? ConversationId);

/// <summary>How somebody writes.</summary>
/// <param name="Pause">Mean time between two messages.</param>
/// <param name="TextLength">Letters of a message.</param>
/// <param name="IsAlone">Nothing else of this person is under way: its messages have an order.</param>
internal sealed record Talk(TimeSpan Pause, int TextLength, bool IsAlone = true);

/// <summary>One user with its devices, who writes one message after the other and gives up none.</summary>
internal sealed class Person(string id, Uri origin, int devices, bool polls, int seed) : IAsyncDisposable
{
    private static readonly TimeSpan RetryPause = TimeSpan.FromMilliseconds(100);
    private readonly Lock _choosing = new();
    private readonly Random _random = new(seed);
    private readonly List<Addressee> _addressees = [];
    private readonly HashSet<string> _conversations = [];
    private int _number;

    public string Id => id;

    public IReadOnlyList<Device> Devices { get; } = [.. Enumerable.Range(0, devices).Select(i => new Device(id, $"d{i}", origin))];

    public Poller? Poller { get; } = polls ? new Poller(id, origin) : null;

    /// <summary>Everything that must agree.</summary>
    public IEnumerable<Screen> Screens => Poller is null ? Devices.Select(device => device.Screen) : Devices.Select(device => device.Screen).Append(Poller.Screen);

    /// <summary>Conversations that it is in.</summary>
    public IReadOnlySet<string> Conversations => _conversations;

    public async Task StartAsync()
    {
        foreach (var device in Devices)
            await device.GoOnlineAsync();
        Poller?.Start();
    }

    public void Join(string conversationId, Addressee addressee)
    {
        _conversations.Add(conversationId);
        _addressees.Add(addressee);
    }

    /// <summary>Writes until the token ends; the message that is under way then is still brought to its acknowledgement.</summary>
    /// <param name="talk">How it writes.</param>
    public async Task TalkAsync(Ledger ledger, Talk talk, CancellationToken stop, CancellationToken cancellationToken)
    {
        while (!stop.IsCancellationRequested)
        {
            await SendAsync(ledger, _addressees[Choose(_addressees.Count)], talk, cancellationToken);
            await Task.Delay(talk.Pause * (Choose(200) / 100.0), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>One message, tried until it is acknowledged.</summary>
    /// <exception cref="HubRefusedException">It was refused for good: a bug, here or there.</exception>
    public async Task<SendAck> SendAsync(Ledger ledger, Addressee to, Talk talk, CancellationToken cancellationToken)
    {
        var number = Interlocked.Increment(ref _number);
        var clientMessageId = $"{id}-{number}";
        var body = JsonSerializer.SerializeToElement(new { text = $"{number} {new string('x', talk.TextLength)}" });
        var send = new SendMessage(clientMessageId, to.UserId, to.ConversationId, MessageTypes.Text, body);
        var device = Devices[Choose(Devices.Count)];
        while (true)
        {
            try
            {
                var ack = await device.CallAsync<SendAck>("Send", send, cancellationToken);
                ledger.Acknowledge(new Acknowledged(ack.ConversationId, ack.Seq, clientMessageId, id, talk.IsAlone ? number : Acknowledged.Unordered));
                return ack;
            }
            catch (HubRefusedException refused) when (refused.Refusal.IsRetryable)
            {
                ledger.Refuse();
            }
            catch (LinkLostException)
            {
                ledger.LeaveUnanswered();
                device = Devices[Choose(Devices.Count)]; // whichever stands: the id makes it the same message
            }
            await Task.Delay(RetryPause, cancellationToken);
        }
    }

    private int Choose(int count)
    {
        lock (_choosing)
            return _random.Next(count);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(Devices.Select(device => device.DisposeAsync().AsTask()));
        if (Poller is not null)
            await Poller.DisposeAsync();
    }
}
