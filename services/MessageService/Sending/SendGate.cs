using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;

namespace ImDapr.MessageService.Sending;

/// <summary>Who may send where. What is asked of user-service and of the table is asked once for the whole batch, and mostly known already.</summary>
public sealed class SendGate(MemberDirectory members, UserDirectory users)
{
    /// <returns>For each send why it is refused, or null.</returns>
    public async Task<Refusal?[]> CheckAsync(SendCommand[] sends, CancellationToken cancellationToken)
    {
        var refusals = sends.Select(SendValidation.Check).ToArray();
        await CheckDirectAsync(sends, refusals, cancellationToken);
        await CheckGroupsAsync(sends, refusals, cancellationToken);
        return refusals;
    }

    private async Task CheckDirectAsync(SendCommand[] sends, Refusal?[] refusals, CancellationToken cancellationToken)
    {
        var direct = sends
            .Select((command, i) => (Index: i, command.SenderId, PeerId: refusals[i] is null ? PeerOf(command) : null))
            .Where(send => send.PeerId is not null)
            .ToList();
        if (direct.Count == 0)
            return;
        var existing = await users.ExistingAsync([.. direct.Select(send => send.PeerId!).Distinct()], cancellationToken);
        var blocked = await users.BlockedAsync([.. direct.Select(send => new BlockPair(send.PeerId!, send.SenderId)).Distinct()], cancellationToken);
        foreach (var (index, senderId, peerId) in direct)
        {
            refusals[index] =
                !existing.Contains(peerId!) ? new Refusal(ErrorCodes.NotFound, $"There is no user {peerId}.")
                : blocked.Contains(new BlockPair(peerId!, senderId)) ? new Refusal(ErrorCodes.Blocked, $"{peerId} has blocked you.")
                : null;
        }
        await members.EnsureDirectAsync(
            [.. direct.Where(send => refusals[send.Index] is null).Select(send => (send.SenderId, send.PeerId!)).Distinct()], cancellationToken);
    }

    private async Task CheckGroupsAsync(SendCommand[] sends, Refusal?[] refusals, CancellationToken cancellationToken)
    {
        for (var i = 0; i < sends.Length; i++)
        {
            if (refusals[i] is not null || PeerOf(sends[i]) is not null)
                continue;
            if (await members.FindAsync(sends[i].Message.ConversationId!, sends[i].SenderId, cancellationToken) is null)
                refusals[i] = new Refusal(ErrorCodes.NotAMember, "You are not a member of this conversation.");
        }
    }

    private static string? PeerOf(SendCommand command) =>
        command.Message.ToUserId ?? ConversationId.TryParse(command.Message.ConversationId)?.PeerOf(command.SenderId);
}
