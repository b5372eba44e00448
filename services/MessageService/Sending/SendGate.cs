using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Sending;

/// <summary>Who may send where. What is asked of user-service and of the table is asked once for the whole batch, and mostly known already.</summary>
public sealed class SendGate(MemberDirectory members, DirectGate direct, ReferenceGate references, IOptions<MessageLimits> limits)
{
    /// <returns>For each send why it is refused, or null.</returns>
    public async Task<Refusal?[]> CheckAsync(SendCommand[] sends, CancellationToken cancellationToken)
    {
        var refusals = sends.Select(send => SendValidation.Check(send, limits.Value)).ToArray();
        await CheckDirectAsync(sends, refusals, cancellationToken);
        await CheckGroupsAsync(sends, refusals, cancellationToken);
        await references.CheckAsync(sends, refusals, cancellationToken);
        await EnsureDirectAsync(sends, refusals, cancellationToken);
        return refusals;
    }

    private async Task CheckDirectAsync(SendCommand[] sends, Refusal?[] refusals, CancellationToken cancellationToken)
    {
        var open = DirectSends(sends, refusals);
        var checks = await direct.CheckAsync([.. open.Select(send => (send.SenderId, send.PeerId)).Distinct()], cancellationToken);
        foreach (var (index, senderId, peerId) in open)
            refusals[index] = checks[(senderId, peerId)];
    }

    private async Task CheckGroupsAsync(SendCommand[] sends, Refusal?[] refusals, CancellationToken cancellationToken)
    {
        for (var i = 0; i < sends.Length; i++)
        {
            if (refusals[i] is not null || sends[i].PeerOf() is not null)
                continue;
            if (await members.FindAsync(sends[i].Message.ConversationId!, sends[i].SenderId, cancellationToken) is null)
                refusals[i] = new Refusal(ErrorCodes.NotAMember, "You are not a member of this conversation.");
        }
    }

    // Last, so that a refused send leaves no conversation behind.
    private Task EnsureDirectAsync(SendCommand[] sends, Refusal?[] refusals, CancellationToken cancellationToken) =>
        members.EnsureDirectAsync([.. DirectSends(sends, refusals).Select(send => (send.SenderId, send.PeerId)).Distinct()], cancellationToken);

    private static List<(int Index, string SenderId, string PeerId)> DirectSends(SendCommand[] sends, Refusal?[] refusals) =>
        [.. from i in Enumerable.Range(0, sends.Length) where refusals[i] is null
            let peerId = sends[i].PeerOf() where peerId is not null select (i, sends[i].SenderId, peerId)];
}
