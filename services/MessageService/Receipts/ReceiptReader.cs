using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Receipts;

/// <summary>How far the members of a conversation have received and read.</summary>
public sealed class ReceiptReader(MemberDirectory members, ReceiptStore store, IOptions<ReceiptsOptions> options)
{
    public async Task<Answer<Receipt[]>> ReadAsync(UserCall<ReceiptsRequest> call, CancellationToken cancellationToken)
    {
        var conversationId = call.Request.ConversationId;
        if (ConversationId.TryParse(conversationId) is null)
            return Answer<Receipt[]>.Refused(ErrorCodes.InvalidArgument, "conversationId is not a conversation id.");
        if (await members.FindAsync(conversationId!, call.UserId, cancellationToken) is null)
            return Answer<Receipt[]>.Refused(ErrorCodes.NotAMember, "You are not a member of this conversation.");
        // Refused and not empty: "nobody has read it" would be wrong.
        return await store.OfConversationAsync(conversationId!, options.Value.MaxMembers, cancellationToken) is { } receipts
            ? Answer<Receipt[]>.Of(receipts)
            : Answer<Receipt[]>.Refused(ErrorCodes.InvalidArgument, $"There are no receipts in conversations of more than {options.Value.MaxMembers} members.");
    }
}
