using System.Text.Json;
using ImDapr.Chat.Connecting;
using ImDapr.Contracts;

namespace ImDapr.Chat.Sending;

/// <summary>Where lines go: to a user, or into a conversation. Exactly one of the two is set.</summary>
public sealed record Target(string? UserId, string? ConversationId);

/// <summary>Sends one message at a time, with the same clientMessageId until it is acknowledged or refused: a retry is harmless.
/// It waits as long as the server asks for, else longer and longer.</summary>
public sealed class Sender(HubLink link, TimeProvider time)
{
    /// <exception cref="HubRefusedException">The message was refused and is not stored.</exception>
    public async Task<SentMessage> SendTextAsync(Target target, string text, Action<Refusal> retrying, CancellationToken cancellationToken)
    {
        var clientMessageId = Guid.CreateVersion7(time.GetUtcNow()).ToString("N");
        var body = JsonSerializer.SerializeToElement(new { text });
        var message = new SendMessage(clientMessageId, target.UserId, target.ConversationId, MessageTypes.Text, body);
        var backoff = new Backoff(time);
        while (true)
        {
            try
            {
                return new(clientMessageId, await link.CallAsync<SendAck>("Send", message, cancellationToken));
            }
            catch (LinkLostException e)
            {
                retrying(new(ErrorCodes.Unavailable, e.Message));
                await backoff.WaitAsync(cancellationToken);
            }
            catch (HubRefusedException e) when (e.Refusal.IsRetryable)
            {
                retrying(e.Refusal);
                await backoff.WaitAsync(e.Refusal, cancellationToken);
            }
        }
    }
}

public sealed record SentMessage(string ClientMessageId, SendAck Ack);
