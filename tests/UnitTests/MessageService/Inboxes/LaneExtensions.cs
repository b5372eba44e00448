using ImDapr.Contracts;
using ImDapr.MessageService.Inbox;

namespace ImDapr.UnitTests.MessageService.Inboxes;

internal static class LaneExtensions
{
    /// <summary>Appends to one inbox.</summary>
    public static Task<AppendAnswer> AppendAsync(
        this InboxLanes appender, string userId, IReadOnlyList<MessageReference> references, CancellationToken cancellationToken) =>
        appender.Append([(userId, references)])[0].WaitAsync(cancellationToken);

    /// <summary>Acknowledges for one device.</summary>
    public static Task<Answer<Done>> AckAsync(this InboxLanes lanes, DeviceAck ack, CancellationToken cancellationToken) =>
        lanes.Acknowledge([ack])[0].WaitAsync(cancellationToken);
}
