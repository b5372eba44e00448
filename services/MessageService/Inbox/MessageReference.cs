using ImDapr.Contracts;

namespace ImDapr.MessageService.Inbox;

/// <summary>A message that is to stand in an inbox.</summary>
/// <param name="JoinSeq">First seq that this user may see.</param>
/// <param name="IsVoid">A void entity: it closes a gap and gets no position.</param>
/// <param name="Copy">The message itself, where the policy is <see cref="FanOutPolicy.Copy"/>.</param>
/// <param name="Recalls">Seq of a message whose copy must not be shown any more.</param>
/// <param name="IsOwn">The user sent it: acknowledging it raises no delivered mark.</param>
public sealed record MessageReference(
    string ConversationId, long Seq, long JoinSeq, bool IsVoid = false, Message? Copy = null, long? Recalls = null, bool IsOwn = false);
