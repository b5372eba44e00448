using System.Threading.Channels;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.MessageService.Inbox;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.ServiceDefaults.Versions;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Receipts;

/// <summary>A user's device has everything of a conversation up to this seq.</summary>
/// <param name="HasOthers">Whether the user has other devices, which are told as well.</param>
public sealed record DeliveredMark(string UserId, string ConversationId, long Seq, bool HasOthers);

/// <summary>
/// Raises delivered marks behind the acknowledgements that say so, many users in one statement, and tells the other members. Only the highest mark
/// of a user and conversation waits, and while they come without end a round begins <see cref="ReceiptsOptions.Interval"/> after the one before: who
/// writes on meanwhile gets one receipt for it all. A mark that is lost with this process is raised by the user's next one: marks only rise.
/// </summary>
public sealed partial class DeliveredMarks(
    ReceiptStore store, ReceiptAudience audience, InboxMemory inboxes, DaprClient dapr, IOptions<ReceiptsOptions> options, TimeProvider time,
    ILogger<DeliveredMarks> logger) : FinishingService
{
    // About 10 MB of marks. What does not fit is dropped: a receipt is late, and nothing else.
    private const int MaxWaiting = 50_000;

    // 200 KiB: a receipt is some 200 bytes and a user id some 30.
    private const int ToldPerEvent = 5_000;

    private readonly Lock _gate = new();
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private Dictionary<(string UserId, string ConversationId), DeliveredMark> _waiting = [];
    private int _dropped;

    /// <summary>A device of this user has these entries. One's own messages are delivered to nobody.</summary>
    /// <param name="hasOthers">Whether the user has other devices: to one that is alone its own mark says nothing.</param>
    public void Raise(string userId, bool hasOthers, IEnumerable<InboxReference> entries)
    {
        lock (_gate)
        {
            foreach (var entry in entries)
            {
                if (!entry.IsOwn && !entry.ConversationId.StartsWith("s:", StringComparison.Ordinal))
                    Wait(new DeliveredMark(userId, entry.ConversationId, entry.Seq, hasOthers));
            }
            if (_waiting.Count == 0)
                return;
        }
        _signal.Writer.TryWrite(true);
    }

    protected override void Complete() => _signal.Writer.TryComplete();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in _signal.Reader.ReadAllAsync(stoppingToken))
        {
            var next = Task.Delay(options.Value.Interval, time, stoppingToken);
            foreach (var chunk in Take().Chunk(ReceiptStore.MarksPerStatement))
                await TryRaiseAsync(chunk, stoppingToken);
            if (!_signal.Reader.Completion.IsCompleted)
                await Task.WhenAny(next, _signal.Reader.Completion);
            stoppingToken.ThrowIfCancellationRequested();
        }
    }

    private async Task TryRaiseAsync(DeliveredMark[] marks, CancellationToken cancellationToken)
    {
        try
        {
            await RaiseAsync(marks, cancellationToken);
        }
        catch (Exception exception) when (ProblemExceptionHandler.RefusalOf(exception) is not null)
        {
            // Raised again by what the users acknowledge next.
            LogNotRaised(exception, marks.Length);
        }
    }

    private async Task RaiseAsync(DeliveredMark[] marks, CancellationToken cancellationToken)
    {
        var rising = await store.RisingAsync(marks, cancellationToken);
        var alone = marks.Where(mark => !mark.HasOthers).Select(mark => mark.UserId).ToHashSet();
        var told = new List<ReceiptDelivery>();
        foreach (var receipt in rising)
        {
            if (await audience.MembersAsync(receipt.ConversationId, cancellationToken) is not { } members)
                continue;
            string[] users = alone.Contains(receipt.UserId) ? [.. members.Where(member => member != receipt.UserId)] : members;
            told.Add(new ReceiptDelivery(receipt, users, inboxes.NodesOf(users)));
        }
        if (told.Count == 0)
            return;
        await store.RaiseDeliveredAsync([.. told.Select(delivery => delivery.Receipt)], cancellationToken);
        await TellAsync(told, cancellationToken);
    }

    private async Task TellAsync(List<ReceiptDelivery> told, CancellationToken cancellationToken)
    {
        for (var from = 0; from < told.Count;)
        {
            var users = 0;
            var some = told.Skip(from).TakeWhile((delivery, i) => (users += delivery.ToUserIds.Length) <= ToldPerEvent || i == 0).ToArray();
            await dapr.PublishAsync(DaprNames.PubSub, new Deliveries([], [], some), cancellationToken);
            from += some.Length;
        }
    }

    private void Wait(DeliveredMark mark)
    {
        var key = (mark.UserId, mark.ConversationId);
        if (_waiting.TryGetValue(key, out var known))
            _waiting[key] = mark with { Seq = Math.Max(known.Seq, mark.Seq) };
        else if (_waiting.Count < MaxWaiting)
            _waiting.Add(key, mark);
        else
            _dropped++;
    }

    // In the order of the keys: two instances that raise the same rows never wait for each other in a circle.
    private List<DeliveredMark> Take()
    {
        lock (_gate)
        {
            var (taken, dropped) = (_waiting, _dropped);
            (_waiting, _dropped) = ([], 0);
            if (dropped > 0)
                LogDropped(dropped);
            return [.. taken.Values.OrderBy(mark => mark.UserId, StringComparer.Ordinal).ThenBy(mark => mark.ConversationId, StringComparer.Ordinal)];
        }
    }

    [LoggerMessage(3301, LogLevel.Warning, "{Count} delivered marks were not raised")]
    private partial void LogNotRaised(Exception exception, int count);

    [LoggerMessage(3302, LogLevel.Warning, "Too many delivered marks wait: {Count} were dropped")]
    private partial void LogDropped(int count);
}
