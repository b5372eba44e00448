using System.Runtime.InteropServices;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Sending;

/// <summary>A message that may be sent and waits to be stored; its seq and time are given by the writer.</summary>
public sealed class PendingSend(Message message)
{
    // The writer's loop must never run a caller's continuation.
    private readonly TaskCompletionSource<Answer<SendAck>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Message Message { get; } = message;

    public (string SenderId, string ClientMessageId) Key => (Message.SenderId, Message.ClientMessageId);

    public Task<Answer<SendAck>> Answer => _answer.Task;

    public int Bytes { get; } = 256 + JsonMarshal.GetRawUtf8Value(message.Body).Length;

    public void Acknowledge(StoredSend stored) => _answer.TrySetResult(
        Contracts.Answer<SendAck>.Of(new(stored.Message.ConversationId, stored.Message.Seq, stored.Message.SentAt, stored.IsDuplicate)));

    public void Refuse(Refusal refusal) => _answer.TrySetResult(Contracts.Answer<SendAck>.Refused(refusal));

    public void Refuse(string code, string sentence) => _answer.TrySetResult(Contracts.Answer<SendAck>.Refused(code, sentence));
}

/// <param name="Message">The entity as it is stored.</param>
/// <param name="IsDuplicate">It had been stored before.</param>
public sealed record StoredSend(Message Message, bool IsDuplicate);
