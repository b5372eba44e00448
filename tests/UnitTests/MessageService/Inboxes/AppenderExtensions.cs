using ImDapr.MessageService.Inbox;

namespace ImDapr.UnitTests.MessageService.Inboxes;

internal static class AppenderExtensions
{
    /// <summary>Appends to one inbox.</summary>
    public static Task<AppendAnswer> AppendAsync(
        this InboxAppender appender, string userId, IReadOnlyList<MessageReference> references, CancellationToken cancellationToken) =>
        appender.Append([(userId, references)])[0].WaitAsync(cancellationToken);
}
