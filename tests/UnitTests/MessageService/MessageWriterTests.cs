using System.Collections.Concurrent;
using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Sending;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ImDapr.UnitTests.MessageService;

/// <summary>Databases of their own are queues of their own.</summary>
public sealed class MessageWriterTests : IAsyncLifetime
{
    private readonly TwoLanes _store = new();
    private readonly MessagePublisher _publisher = new(null!, null!, NullLogger<MessagePublisher>.Instance);
    private MessageWriter _writer = null!;

    public async Task InitializeAsync()
    {
        _writer = new MessageWriter(
            _store, _publisher, Options.Create(new MessageWriterOptions { QueueCapacity = 4 }), NullLogger<MessageWriter>.Instance);
        await _writer.StartAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        _store.ComeBack();
        await _writer.StopAsync(CancellationToken.None);
        _writer.Dispose();
        _publisher.Dispose();
    }

    [Fact]
    public async Task A_database_that_hangs_holds_up_only_its_own_conversations()
    {
        _ = _writer.WriteAsync(Send("hangs"));
        await _store.IsAsked("hangs");

        _ = _writer.WriteAsync(Send("works"));

        await _store.IsAsked("works");
    }

    [Fact]
    public async Task Its_queue_fills_and_refuses_while_the_others_take_more()
    {
        _ = _writer.WriteAsync(Send("hangs"));
        await _store.IsAsked("hangs");
        var waiting = Enumerable.Range(0, 2).Select(_ => _writer.WriteAsync(Send("hangs"))).ToList();

        var refused = await _writer.WriteAsync(Send("hangs"));

        Assert.Equal(MessageWriter.Full, refused.Refusal);
        Assert.All(waiting, answer => Assert.False(answer.IsCompleted));
        Assert.False(_writer.IsFull);
        _ = _writer.WriteAsync(Send("works"));
        await _store.IsAsked("works");
    }

    private static PendingSend Send(string conversationId) => new(new Message(
        conversationId, 0, "ann", "phone", Guid.NewGuid().ToString(), MessageTypes.Text, JsonSerializer.SerializeToElement(new { text = "" }), null, null, 0));

    /// <summary>One lane stores, the other hangs until it comes back.</summary>
    private sealed class TwoLanes : IMessageStore
    {
        private readonly ConcurrentDictionary<string, TaskCompletionSource> _asked = new();
        private readonly TaskCompletionSource _back = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Lanes => 2;

        public int LaneOf(string conversationId) => conversationId == "hangs" ? 1 : 0;

        public void ComeBack() => _back.TrySetResult();

        public Task IsAsked(string conversationId) => Asked(conversationId).Task.WaitAsync(TimeSpan.FromSeconds(30));

        public async Task<SequencedBatch> AppendAsync(IReadOnlyList<PendingSend> sends, CancellationToken cancellationToken)
        {
            var conversationId = sends[0].Message.ConversationId;
            Asked(conversationId).TrySetResult();
            if (conversationId == "hangs")
                await _back.Task;
            var batch = new SequencedBatch();
            batch.Add(sends, [.. sends.Select((send, i) => send.Message with { Seq = i + 1 })]);
            return batch;
        }

        public void Observe(string conversationId, long seq) => throw new NotSupportedException();

        public Task<IReadOnlyDictionary<string, long>> HeadsAsync(IReadOnlyCollection<string> conversationIds, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyDictionary<string, ConversationActivity>> ActivityAsync(IReadOnlyCollection<Membership> memberships, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyDictionary<(string ConversationId, long Seq), Message>> ReadAsync(
            IReadOnlyCollection<(string ConversationId, long Seq)> keys, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<List<Message>> RangeAsync(string conversationId, long from, long to, int limit, bool newestFirst, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<List<EntityKey>> InboxKeysAsync(string conversationId, long from, long to, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<bool> AmendAsync(string conversationId, long seq, Func<Message, Amendment, AmendedMessage?> change, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task RetainAsync(IReadOnlyCollection<RetainedMessage> messages, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task ReleaseAsync(string userId, IReadOnlyCollection<(string ConversationId, long Seq)> keys, CancellationToken cancellationToken) => throw new NotSupportedException();

        private TaskCompletionSource Asked(string conversationId) => _asked.GetOrAdd(conversationId, _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}
