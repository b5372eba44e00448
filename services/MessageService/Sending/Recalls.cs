using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Sending;

/// <summary>Takes messages back. A block or a contact that has ended does not matter here: who takes something back does not write to anybody.</summary>
public sealed class Recalls(
    MemberDirectory members, IMessageStore messages, ServerMessages writer, TimeProvider time, IOptions<MessageLimits> limits)
{
    public async Task<Answer<Done>> RecallAsync(UserCall<RecallRequest> call, CancellationToken cancellationToken)
    {
        if (ConversationId.TryParse(call.Request.ConversationId) is not { } id || call.Request.Seq < 1)
            return Answer<Done>.Refused(ErrorCodes.InvalidArgument, "conversationId and a seq of 1 or more are needed.");
        var key = (ConversationId: call.Request.ConversationId!, call.Request.Seq);
        if (await members.FindAsync(key.ConversationId, call.UserId, cancellationToken) is not { } member)
            return Answer<Done>.Refused(ErrorCodes.NotAMember, "You are not a member of this conversation.");
        var message = (await messages.ReadAsync([key], cancellationToken)).GetValueOrDefault(key);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        if (!member.IsVisible(message, now))
            return Answer<Done>.Refused(ErrorCodes.NotFound, "There is no such message in this conversation.");
        return await RecallAsync(member, id.Kind, message!, now, cancellationToken);
    }

    private async Task<Answer<Done>> RecallAsync(Membership member, string kind, Message message, long now, CancellationToken cancellationToken)
    {
        // A repeat of one's own goes the whole way again, whatever the time: the first may have died before anybody was told.
        if (message.RecalledBy is { } by && by != member.UserId)
            return Answer<Done>.Of(Done.Value);
        if (message.RecalledBy is null && ReferenceRules.CheckRecall(member, kind, message, now, limits.Value) is { } refusal)
            return Answer<Done>.Refused(refusal);
        var body = JsonSerializer.SerializeToElement(new { seq = message.Seq }, ContractsJson.Wire);
        var answer = await writer.WriteAsync(
            ServerMessages.Of(message.ConversationId, member.UserId, $"recall {message.ConversationId} {message.Seq}", MessageTypes.Recall, body),
            cancellationToken);
        return answer.Refusal is { } unavailable ? Answer<Done>.Refused(unavailable) : Answer<Done>.Of(Done.Value);
    }
}
