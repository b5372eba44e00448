using ImDapr.Contracts;
using ImDapr.MessageService.FanOut;
using ImDapr.MessageService.Inbox;

namespace ImDapr.UnitTests.MessageService.Inboxes;

internal static class InboxWriterExtensions
{
    /// <summary>Appends to one inbox.</summary>
    public static async Task<AppendAnswer> AppendAsync(
        this InboxWriter writer, string userId, IReadOnlyList<MessageReference> references, CancellationToken cancellationToken)
    {
        var mailing = MailingOf(userId, references);
        await writer.Append([mailing])[0].WaitAsync(cancellationToken);
        return mailing.Answer!;
    }

    /// <summary>The references as fan-out hands them on.</summary>
    public static Mailing MailingOf(string userId, IReadOnlyList<MessageReference> references)
    {
        var mailing = new Mailing(userId, [.. references.Select(reference => InboxSystem.Message(reference.ConversationId, reference.Seq))]);
        for (var i = 0; i < references.Count; i++)
            mailing.Add(i, references[i]);
        return mailing;
    }

    /// <summary>Acknowledges for one device.</summary>
    public static Task<Answer<Done>> AckAsync(this InboxWriter writer, DeviceAck ack, CancellationToken cancellationToken) =>
        writer.Acknowledge([ack])[0].WaitAsync(cancellationToken);
}
