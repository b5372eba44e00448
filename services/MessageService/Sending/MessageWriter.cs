using ImDapr.Contracts;
using ImDapr.MessageService.Entities;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Sending;

/// <summary>Stores and publishes messages by group commit, in as many lanes as the store has: a database that is away holds up no other one.</summary>
public sealed class MessageWriter : FinishingService
{
    /// <summary>The answer of a queue that is full.</summary>
    public static readonly Refusal Full = new(ErrorCodes.Unavailable, "Too many messages wait to be stored; try again.");

    private readonly IMessageStore _store;
    private readonly WriterLane[] _lanes;

    public MessageWriter(IMessageStore store, MessagePublisher publisher, IOptions<MessageWriterOptions> options, ILogger<MessageWriter> logger)
    {
        _store = store;
        var (capacity, bytes) = (options.Value.QueueCapacity, options.Value.QueueBytes);
        _lanes = [.. Enumerable.Range(0, store.Lanes)
            .Select(_ => new WriterLane(store, publisher, Math.Max(1, capacity / store.Lanes), Math.Max(1, bytes / store.Lanes), logger))];
    }

    /// <summary>Whoever comes now is refused.</summary>
    public bool IsFull => Array.TrueForAll(_lanes, lane => lane.IsFull);

    /// <summary>Stores and publishes the message; a full queue answers <c>unavailable</c> at once.</summary>
    public Task<Answer<SendAck>> WriteAsync(PendingSend send)
    {
        if (!_lanes[_store.LaneOf(send.Message.ConversationId)].TryWrite(send))
            send.Refuse(Full);
        return send.Answer;
    }

    protected override void Complete()
    {
        foreach (var lane in _lanes)
            lane.Complete();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(_lanes.Select(lane => lane.RunAsync(stoppingToken)));
}
