using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.Contracts;

/// <summary>The samples of everything that travels on the hub. A contract that changes shows here, and both SDKs read the same files.</summary>
public static class Golden
{
    public static readonly TheoryData<string, Type> Samples = new()
    {
        { "send-message", typeof(SendMessage) },
        { "send-ack", typeof(SendAck) },
        { "sync-request", typeof(SyncRequest) },
        { "sync-page", typeof(SyncPage) },
        { "ack-request", typeof(AckRequest) },
        { "read-request", typeof(ReadRequest) },
        { "history-request", typeof(HistoryRequest) },
        { "history-page", typeof(HistoryPage) },
        { "conversations-request", typeof(ConversationsRequest) },
        { "conversations", typeof(ConversationSummary[]) },
        { "watch-presence-request", typeof(WatchPresenceRequest) },
        { "user-presences", typeof(UserPresence[]) },
        { "deliver", typeof(IReadOnlyList<InboxEntry>) },
        { "receipt", typeof(Receipt) },
        { "kick", typeof(Kick) },
        { "recall-request", typeof(RecallRequest) },
        { "typing-request", typeof(TypingRequest) },
        { "typing", typeof(TypingNotice) },
        { "conversation-update", typeof(ConversationUpdate) },
        { "receipts-request", typeof(ReceiptsRequest) },
        { "receipts", typeof(Receipt[]) },
        { "deliver-timeline", typeof(IReadOnlyList<Message>) },
        { "sync-page-timeline", typeof(SyncPage) },
        { "notification", typeof(Notification) },
        { "messages-stored", typeof(MessagesStored) },
        { "within", typeof(Within) },
    };

    public static string Json(string name) => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Golden", $"{name}.json"));

    public static void AssertSame(string expected, string actual)
    {
        using var left = JsonDocument.Parse(expected);
        using var right = JsonDocument.Parse(actual);
        Assert.True(JsonElement.DeepEquals(left.RootElement, right.RootElement), $"expected {expected}\nactual   {actual}");
    }
}
