using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Timeline;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Sending;

/// <summary>What a send may refer to: messages of its conversation and mentioned members. Looked up together for the whole batch.</summary>
public sealed class ReferenceGate(MemberDirectory members, IMessageStore messages, TimeProvider time, IOptions<MessageLimits> limits)
{
    /// <summary>Writes a refusal for each send that has none yet and refers to something that it may not.</summary>
    public async Task CheckAsync(SendCommand[] sends, Refusal?[] refusals, CancellationToken cancellationToken)
    {
        await CheckMentionsAsync(sends, refusals, cancellationToken);
        await CheckNamedAsync(sends, refusals, cancellationToken);
    }

    private async Task CheckMentionsAsync(SendCommand[] sends, Refusal?[] refusals, CancellationToken cancellationToken)
    {
        var open = Indices(sends, i => refusals[i] is null && sends[i].Message.Mentions is { Length: > 0 });
        var inGroups = open.Where(i => sends[i].PeerOf() is null).SelectMany(i => UsersOf(sends[i]).Select(userId => (sends[i].ConversationOf(), userId)));
        await members.LoadAsync([.. inGroups.Distinct()], cancellationToken);
        foreach (var i in open)
            refusals[i] = sends[i].PeerOf() is { } peerId ? CheckDirect(sends[i], peerId) : await CheckGroupAsync(sends[i], cancellationToken);
    }

    private static Refusal? CheckDirect(SendCommand send, string peerId)
    {
        if (send.Message.Mentions!.Contains(Mention.All))
            return Invalid($"{Mention.All} is for groups.");
        return UsersOf(send).FirstOrDefault(userId => userId != peerId && userId != send.SenderId) is { } stranger ? NoMember(stranger) : null;
    }

    private async Task<Refusal?> CheckGroupAsync(SendCommand send, CancellationToken cancellationToken)
    {
        var conversationId = send.ConversationOf();
        if (send.Message.Mentions!.Contains(Mention.All)
            && await members.FindAsync(conversationId, send.SenderId, cancellationToken) is not { Role: Roles.Owner or Roles.Admin })
            return new Refusal(ErrorCodes.Forbidden, $"{Mention.All} is for owner and admins.");
        foreach (var userId in UsersOf(send))
        {
            // Whoever was just added is found at its owner, and the first who is not found ends the search.
            if (await members.FindAsync(conversationId, userId, cancellationToken) is null)
                return NoMember(userId);
        }
        return null;
    }

    private async Task CheckNamedAsync(SendCommand[] sends, Refusal?[] refusals, CancellationToken cancellationToken)
    {
        var open = Indices(sends, i => refusals[i] is null && sends[i].NamedSeq() is not null);
        var named = await messages.ReadInPiecesAsync(
            [.. open.Select(i => (sends[i].ConversationOf(), sends[i].NamedSeq()!.Value)).Distinct()], cancellationToken);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        foreach (var i in open)
        {
            var sender = await members.FindAsync(sends[i].ConversationOf(), sends[i].SenderId, cancellationToken);
            // Nobody is a member of a direct conversation before its first message: there is nothing to name.
            refusals[i] = sender is null
                ? new Refusal(ErrorCodes.NotFound, "There is no such message in this conversation.")
                : ReferenceRules.Check(sends[i], sender, named.GetValueOrDefault((sends[i].ConversationOf(), sends[i].NamedSeq()!.Value)), now, limits.Value);
        }
    }

    private static List<int> Indices(SendCommand[] sends, Func<int, bool> isWanted) => [.. Enumerable.Range(0, sends.Length).Where(isWanted)];

    private static IEnumerable<string> UsersOf(SendCommand send) => send.Message.Mentions!.Where(mention => mention != Mention.All);

    private static Refusal NoMember(string userId) => Invalid($"{userId} is mentioned and no member of this conversation.");

    private static Refusal Invalid(string sentence) => new(ErrorCodes.InvalidArgument, sentence);
}
