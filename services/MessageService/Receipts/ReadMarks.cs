using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Inbox;
using ImDapr.ServiceDefaults.Versions;

namespace ImDapr.MessageService.Receipts;

/// <summary>How far a member has read. A mark only rises, and whoever needs to know is told: the user's own devices, and the others.</summary>
public sealed class ReadMarks(MemberDirectory members, ReceiptStore store, ReceiptAudience audience, IMessageStore messages, InboxMemory inboxes, DaprClient dapr)
{
    public async Task<Answer<Done>> RaiseAsync(UserCall<ReadRequest> call, CancellationToken cancellationToken)
    {
        var (conversationId, seq) = (call.Request.ConversationId, call.Request.Seq);
        if (ConversationId.TryParse(conversationId) is null || seq < 1)
            return Answer<Done>.Refused(ErrorCodes.InvalidArgument, "conversationId and a seq of 1 or more are needed.");
        if (await members.FindAsync(conversationId!, call.UserId, cancellationToken) is null)
            return Answer<Done>.Refused(ErrorCodes.NotAMember, "You are not a member of this conversation.");

        var heads = await messages.HeadsAsync([conversationId!], cancellationToken);
        var read = Math.Min(seq, heads.GetValueOrDefault(conversationId!));
        if (read > 0 && await store.RaiseReadAsync(call.UserId, conversationId!, read, cancellationToken) is { } risen)
            await TellAsync(risen, cancellationToken);
        return Answer<Done>.Of(Done.Value);
    }

    // In a large group only the user's own devices are told.
    private async Task TellAsync(Receipt receipt, CancellationToken cancellationToken)
    {
        var told = await audience.MembersAsync(receipt.ConversationId, cancellationToken) ?? [receipt.UserId];
        await dapr.PublishAsync(
            DaprNames.PubSub, new Deliveries([], [], [new ReceiptDelivery(receipt, told, inboxes.NodesOf(told))]), cancellationToken);
    }
}
