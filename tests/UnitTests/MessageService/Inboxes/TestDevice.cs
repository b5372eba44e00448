using ImDapr.Contracts;
using ImDapr.MessageService.Inbox;

namespace ImDapr.UnitTests.MessageService.Inboxes;

/// <summary>A device that keeps what it was given, as a client does: from its position on, and from the start after a reset.</summary>
internal sealed class TestDevice(string deviceId)
{
    private string? _epoch;

    public List<InboxEntry> Entries { get; } = [];

    public int Resets { get; private set; }

    public long Position { get; private set; }

    public async Task<SyncPage> SyncAsync(UserInbox inbox, int limit = 100, CancellationToken cancellationToken = default)
    {
        var answer = await inbox.SyncAsync(
            new ActorSync(new DeviceSession(deviceId, "web", $"c-{deviceId}", "node"), new SyncRequest(Position, limit, _epoch)), cancellationToken);
        var page = answer.Value!;
        if (page.Reset)
        {
            Resets++;
            Entries.Clear();
        }
        Entries.AddRange(page.Entries);
        (Position, _epoch) = (page.Next, page.Epoch);
        return page;
    }

    public async Task SyncAllAsync(UserInbox inbox)
    {
        while (await SyncAsync(inbox, Limits.PageSize) is var page && page.Next < page.Head)
            Assert.NotEmpty(page.Entries);
    }

    public async Task AckAsync(InboxWriter writer, CancellationToken cancellationToken = default) =>
        Assert.Null((await writer.AckAsync(new DeviceAck("ann", deviceId, Position), cancellationToken)).Refusal);

    /// <summary>Positions are contiguous, and each conversation's messages stand there once and in order (I2, I3, I4).</summary>
    public void AssertComplete(params (string ConversationId, int Messages)[] conversations)
    {
        Assert.Equal(Enumerable.Range(1, conversations.Sum(conversation => conversation.Messages)).Select(i => (long)i), Entries.Select(entry => entry.Position));
        foreach (var (conversationId, messages) in conversations)
        {
            Assert.Equal(
                Enumerable.Range(1, messages).Select(i => (long)i),
                Entries.Where(entry => entry.Message.ConversationId == conversationId).Select(entry => entry.Message.Seq));
        }
    }
}
