using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.FanOut;
using ImDapr.MessageService.Inbox;

namespace ImDapr.UnitTests.MessageService;

public sealed class MailingTests
{
    private static readonly Message Text = new("g:x", 1, "ann", "", "c", MessageTypes.Text, JsonElement.Parse("{}"), null, null, 0);
    private static readonly Membership Bob = new("bob", "g:x", Roles.Member, 1, 0, 0, 0, 1);

    [Fact]
    public void Who_muted_a_conversation_is_woken_only_when_mentioned()
    {
        var muted = Bob with { IsMuted = true };

        Assert.False(Mailing.IsQuiet(Text, Bob));
        Assert.True(Mailing.IsQuiet(Text, muted));
        Assert.True(Mailing.IsQuiet(Text with { Mentions = ["carl"] }, muted));
        Assert.False(Mailing.IsQuiet(Text with { Mentions = ["bob"] }, muted));
        Assert.False(Mailing.IsQuiet(Text with { Mentions = ["@all"] }, muted));
    }

    [Fact]
    public void Nobody_is_woken_for_what_it_said_itself() => Assert.True(Mailing.IsQuiet(Text with { SenderId = "bob" }, Bob));

    [Fact]
    public void Quiet_messages_are_delivered_but_wake_nobody()
    {
        var mailing = new Mailing("bob", [Text, Text]);
        mailing.Add(0, new MessageReference("g:x", 1, 1), isQuiet: true);
        mailing.Add(1, new MessageReference("d:ann:bob", 1, 1));
        mailing.Answer = new AppendAnswer([1, 2], InboxReaders.None);

        Assert.Equal([0, 1], mailing.Entries().Select(entry => entry.Message));
        Assert.Equal([1], mailing.LoudEntries().Select(entry => entry.Message));
    }
}
