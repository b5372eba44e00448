using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Receipts;

/// <summary>Whom the marks of a conversation concern.</summary>
public sealed class ReceiptAudience(MemberDirectory members, ReceiptStore store, IOptions<ReceiptsOptions> options)
{
    /// <summary>The members, or null when they are too many to be told of each other.</summary>
    public async Task<string[]?> MembersAsync(string conversationId, CancellationToken cancellationToken)
    {
        var most = options.Value.MaxMembers;
        // Of a timeline the members are never loaded together.
        if (await members.PolicyAsync(conversationId, cancellationToken) == FanOutPolicy.Timeline)
            return (await store.OfConversationAsync(conversationId, most, cancellationToken))?.Select(receipt => receipt.UserId).ToArray();
        var all = (await members.MembersAsync(conversationId, cancellationToken)).ByUser;
        return all.Count > most ? null : [.. all.Keys];
    }
}
