using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;

namespace ImDapr.MessageService.Sending;

public static class SendingApi
{
    /// <summary>Sends of one connection node that arrived together, and recalls, invoked by connection-service.</summary>
    public static void MapSending(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/sends", SendAsync);
        routes.MapPost("/internal/recall", (UserCall<RecallRequest> call, Recalls recalls, CancellationToken cancellationToken) =>
            recalls.RecallAsync(call, cancellationToken));
    }

    private static async Task<SendBatchAnswer> SendAsync(SendBatch batch, SendGate gate, MemberDirectory members, MessageWriter writer, CancellationToken cancellationToken)
    {
        // Before anything is asked or made for them: what cannot be stored anyway costs nothing.
        if (writer.IsFull)
            return new SendBatchAnswer([.. batch.Sends.Select(_ => Answer<SendAck>.Refused(MessageWriter.Full))]);
        var refusals = await gate.CheckAsync(batch.Sends, cancellationToken);
        var answers = new Task<Answer<SendAck>>[refusals.Length];
        for (var i = 0; i < answers.Length; i++)
        {
            answers[i] = refusals[i] is { } refusal
                ? Task.FromResult(Answer<SendAck>.Refused(refusal))
                : writer.WriteAsync(await PendingAsync(batch.Sends[i], members, cancellationToken));
        }
        return new SendBatchAnswer(await Task.WhenAll(answers).WaitAsync(cancellationToken));
    }

    private static async Task<PendingSend> PendingAsync(SendCommand command, MemberDirectory members, CancellationToken cancellationToken)
    {
        var message = command.Message;
        var conversationId = command.ConversationOf();
        return new PendingSend(new Message(
            conversationId, 0, command.SenderId, command.SenderDeviceId, message.ClientMessageId!, message.Type!, message.Body!.Value,
            command.NamedSeq(), message.Mentions is { Length: > 0 } mentions ? [.. mentions.Distinct()] : null, 0)
        {
            FanOut = await members.PolicyAsync(conversationId, cancellationToken),
            TraceParent = command.TraceParent,
        });
    }
}
