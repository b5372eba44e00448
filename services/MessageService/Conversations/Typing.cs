using System.ComponentModel.DataAnnotations;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.MessageService.Inbox;
using ImDapr.MessageService.Sending;
using ImDapr.ServiceDefaults.Settings;
using ImDapr.ServiceDefaults.Versions;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Conversations;

/// <summary>Tells the other members that one of them types. Nothing is stored, and a lost notice is no loss.</summary>
public sealed class Typing(MemberDirectory members, DirectGate direct, InboxMemory inboxes, DaprClient dapr, IOptions<TypingOptions> options)
{
    public async Task<Answer<Done>> TellAsync(UserCall<TypingRequest> call, CancellationToken cancellationToken)
    {
        if (ConversationId.TryParse(call.Request.ConversationId) is not { Kind: not ConversationKinds.System } id)
            return Answer<Done>.Refused(ErrorCodes.InvalidArgument, "conversationId is the id of a direct conversation or a group.");
        var conversationId = call.Request.ConversationId!;
        if (await members.FindAsync(conversationId, call.UserId, cancellationToken) is null)
            return Answer<Done>.Refused(ErrorCodes.NotAMember, "You are not a member of this conversation.");
        if (id.PeerOf(call.UserId) is { } peerId && await CheckAsync(call.UserId, peerId, cancellationToken) is { } refusal)
            return Answer<Done>.Refused(refusal);
        // Who types in a large group interests nobody, and would cost a push per member: accepted and ignored.
        if (await members.UpToAsync(conversationId, options.Value.MaxMembers, cancellationToken) is { Count: > 1 } all)
            await PublishAsync(new TypingNotice(conversationId, call.UserId), all, cancellationToken);
        return Answer<Done>.Of(Done.Value);
    }

    private async Task<Refusal?> CheckAsync(string userId, string peerId, CancellationToken cancellationToken) =>
        (await direct.CheckAsync([(userId, peerId)], cancellationToken))[(userId, peerId)];

    private Task PublishAsync(TypingNotice typing, IReadOnlyCollection<string> memberIds, CancellationToken cancellationToken)
    {
        var others = memberIds.Where(userId => userId != typing.UserId).ToArray();
        // Nobody of them was there when a message came last: who has come since is on a node that is not known.
        var nodes = inboxes.NodesOf(others) is { Length: > 0 } known ? known : null;
        return dapr.PublishAsync(DaprNames.PubSub, new Deliveries([], [], [], Typings: [new TypingDelivery(typing, others, nodes)]), cancellationToken);
    }
}

/// <summary>Section <c>Typing</c>.</summary>
[Settings("Typing")]
public sealed class TypingOptions
{
    // As many as still know each other; beyond it the pushes cost more than the notice is worth.
    /// <summary>Members up to which a conversation is told who types; 0: nobody is.</summary>
    [Range(0, 1_000)]
    public int MaxMembers { get; init; } = 100;
}
