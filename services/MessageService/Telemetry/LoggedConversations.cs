using ImDapr.Contracts;
using ImDapr.MessageService.Inbox;

namespace ImDapr.MessageService.Telemetry;

/// <summary>What a log line about a batch names of it.</summary>
public static class LoggedConversations
{
    // Enough to begin a search with; a batch may be about five hundred.
    private const int Most = 10;

    public static string[] Of(IEnumerable<Message> messages) => [.. messages.Select(message => message.ConversationId).Distinct().Take(Most)];

    public static string[] Of(IEnumerable<MessageReference> references) => [.. references.Select(reference => reference.ConversationId).Distinct().Take(Most)];
}
