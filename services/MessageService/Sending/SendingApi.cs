using ImDapr.Contracts;

namespace ImDapr.MessageService.Sending;

public static class SendingApi
{
    /// <summary>Sends of one connection node that arrived together, invoked by connection-service.</summary>
    public static void MapSending(this IEndpointRouteBuilder routes) => routes.MapPost("/internal/sends", SendAsync);

    private static async Task<SendBatchAnswer> SendAsync(SendBatch batch, SendGate gate, MessageWriter writer, CancellationToken cancellationToken)
    {
        var refusals = await gate.CheckAsync(batch.Sends, cancellationToken);
        var answers = batch.Sends.Select((command, i) =>
            refusals[i] is { } refusal ? Task.FromResult(Answer<SendAck>.Refused(refusal)) : writer.WriteAsync(Pending(command)));
        return new SendBatchAnswer(await Task.WhenAll(answers).WaitAsync(cancellationToken));
    }

    private static PendingSend Pending(SendCommand command)
    {
        var message = command.Message;
        var conversationId = message.ConversationId ?? ConversationId.Direct(command.SenderId, message.ToUserId!);
        return new PendingSend(new Message(
            conversationId, 0, command.SenderId, command.SenderDeviceId, message.ClientMessageId!, message.Type!, message.Body!.Value,
            message.ReplyTo, message.Mentions is { Length: > 0 } mentions ? mentions : null, 0));
    }
}
