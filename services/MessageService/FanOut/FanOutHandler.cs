using System.Diagnostics;
using Dapr;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Inbox;
using ImDapr.MessageService.Telemetry;
using ImDapr.ServiceDefaults.Observability;
using ImDapr.ServiceDefaults.Versions;

namespace ImDapr.MessageService.FanOut;

/// <summary>
/// One stored batch to many inboxes: one append for each recipient, whatever the number of messages and conversations. The sender is a recipient too,
/// so all its devices sync the same way. A repeat is harmless: an inbox ignores what it holds and tells the positions again.
/// </summary>
public sealed partial class FanOutHandler(
    MemberDirectory members, IMessageStore store, InboxWriter inboxes, DaprClient dapr, ILogger<FanOutHandler> logger)
{
    private readonly ArrivalOrder _order = new();

    /// <exception cref="DaprException">Some inboxes did not take their references: the event is to be delivered again.</exception>
    public async Task HandleAsync(MessagesStored stored, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        using var turn = _order.Arrive();
        var messages = stored.Restored();
        using var spans = StageSpans.Start("fan out", ActivityKind.Consumer, messages.Select(message => message.TraceParent));
        foreach (var message in messages)
            store.Observe(message.ConversationId, message.Seq);
        var mailings = await MailingsAsync(messages, cancellationToken);
        await store.RetainAsync(Mailings.Retained(messages, mailings), cancellationToken);
        await turn.WaitAsync(cancellationToken);
        var appends = inboxes.Append(mailings);
        turn.Dispose();
        var failed = await AppendedAsync(appends, mailings, messages, cancellationToken);
        await PublishTimelinesAsync(messages, cancellationToken);
        MessageMetrics.FanOutDuration.RecordSince(start);
        MessageMetrics.FanOutBatch.Record(messages.Length);
        if (failed > 0)
            throw new DaprException($"{failed} of {mailings.Count} inboxes did not take their references");
    }

    private async Task<List<Mailing>> MailingsAsync(Message[] messages, CancellationToken cancellationToken) =>
        Mailings.Of(messages, await members.MembersAsync(Mailings.Conversations(messages), cancellationToken));

    /// <returns>How many inboxes did not take their references. The others have theirs; these get them when the event comes again.</returns>
    private async Task<int> AppendedAsync(Task[] appends, List<Mailing> mailings, Message[] messages, CancellationToken cancellationToken)
    {
        if (mailings.Count == 0)
            return 0;
        using var spans = StageSpans.Start("append", ActivityKind.Client, mailings.SelectMany(mailing => mailing.Messages).Select(index => messages[index].TraceParent));
        await Task.WhenAll(appends).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        var failed = appends.Count(append => !append.IsCompletedSuccessfully);
        if (failed == 0)
            return 0;
        var first = mailings[Array.FindIndex(appends, append => !append.IsCompletedSuccessfully)];
        var cause = appends.Select(append => append.Exception?.InnerException).First(exception => exception is not null);
        LogNotAppended(cause, failed, first.UserId, LoggedConversations.Of(first.References));
        MessageMetrics.AppendFailures.Add(failed);
        spans.Fail(cause!.GetType().Name);
        return failed;
    }

    private async Task PublishTimelinesAsync(Message[] messages, CancellationToken cancellationToken)
    {
        var timelines = Mailings.Timelines(messages);
        if (timelines.Length > 0)
            await dapr.PublishAsync(DaprNames.PubSub, new Deliveries(messages, [], [], timelines, Traces: MessageTraces.Of(messages)), cancellationToken);
    }

    [LoggerMessage(3201, LogLevel.Warning, "{Count} inboxes did not take their references, the first of them that of {UserId} those of {ConversationIds}")]
    private partial void LogNotAppended(Exception? exception, int count, string userId, string[] conversationIds);
}
