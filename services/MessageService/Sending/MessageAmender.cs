using ImDapr.Contracts;
using ImDapr.MessageService.Entities;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Sending;

/// <summary>
/// Brings stored recalls, edits and reactions into the messages that they name: after they are stored, before they are published and
/// acknowledged. Retries as well: the first time may have died in between.
/// </summary>
public sealed class MessageAmender(IMessageStore store, IOptions<MessageLimits> limits)
{
    private const int Parallel = 8;

    /// <param name="messages">Stored messages, of each conversation in ascending seq.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task ApplyAsync(IReadOnlyCollection<Message> messages, CancellationToken cancellationToken)
    {
        var byTarget = messages
            .Where(message => MessageBodies.IsAmendment(message.Type))
            .GroupBy(message => (message.ConversationId, Seq: message.ReplyTo!.Value));
        await System.Threading.Tasks.Parallel.ForEachAsync(
            byTarget,
            new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancellationToken },
            async (target, token) => await store.AmendAsync(
                target.Key.ConversationId, target.Key.Seq, (message, amendment) => AmendmentRules.Apply(message, amendment, target, limits.Value), token));
    }
}
