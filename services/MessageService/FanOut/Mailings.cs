using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Inbox;

namespace ImDapr.MessageService.FanOut;

/// <summary>Who gets what of a batch: the rules of fan-out, without I/O. The policy of each message was decided when it was stored.</summary>
public static class Mailings
{
    /// <summary>The conversations whose members must be known: a timeline's need not be.</summary>
    public static IEnumerable<string> Conversations(Message[] messages) =>
        messages.Where(message => message.FanOut != FanOutPolicy.Timeline).Select(message => message.ConversationId).Distinct();

    /// <summary>What each recipient gets, of all conversations together. Nobody gets what is from before it joined (I7).</summary>
    public static List<Mailing> Of(Message[] messages, IReadOnlyDictionary<string, ConversationMembers> members)
    {
        var mailings = new Dictionary<string, Mailing>();
        foreach (var (index, message) in messages.Index().Where(entry => entry.Item.FanOut != FanOutPolicy.Timeline))
        {
            foreach (var member in members[message.ConversationId].ByUser.Values.Where(member => message.Seq >= member.JoinSeq))
            {
                if (!mailings.TryGetValue(member.UserId, out var mailing))
                    mailings.Add(member.UserId, mailing = new Mailing(member.UserId, messages));
                mailing.Add(index, Reference(message, member), Mailing.IsQuiet(message, member));
            }
        }
        return [.. mailings.Values];
    }

    /// <summary>Who is about to hold a reference to what.</summary>
    public static List<RetainedMessage> Retained(Message[] messages, IEnumerable<Mailing> mailings)
    {
        var users = mailings.SelectMany(mailing => mailing.Messages.Select(index => (Index: index, mailing.UserId))).ToLookup(pair => pair.Index, pair => pair.UserId);
        return [.. users.Where(group => messages[group.Key].Type != MessageTypes.Void)
            .Select(group => new RetainedMessage(messages[group.Key].ConversationId, messages[group.Key].Seq, [.. group]))];
    }

    /// <summary>One push per timeline, whatever the number of its members.</summary>
    public static TimelineDelivery[] Timelines(Message[] messages) =>
        [.. messages.Index()
            .Where(entry => entry.Item is { FanOut: FanOutPolicy.Timeline, Type: not MessageTypes.Void })
            .GroupBy(entry => entry.Item.ConversationId)
            .Select(timeline => new TimelineDelivery(timeline.Key, [.. timeline.OrderBy(entry => entry.Item.Seq).Select(entry => entry.Index)]))];

    private static MessageReference Reference(Message message, Membership member) => new(
        message.ConversationId, message.Seq, member.JoinSeq, message.Type == MessageTypes.Void,
        message.FanOut == FanOutPolicy.Copy ? message : null,
        message.Type == MessageTypes.Recall ? message.ReplyTo : null,
        message.SenderId == member.UserId);
}
