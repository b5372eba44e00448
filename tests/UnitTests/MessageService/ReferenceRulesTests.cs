using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Sending;

namespace ImDapr.UnitTests.MessageService;

public sealed class ReferenceRulesTests
{
    private const long Now = 1_000_000_000;
    private static readonly MessageLimits Defaults = new();
    private static readonly Membership Ann = new("ann", "g:x", Roles.Member, 1, 0, 0, 0, 1);
    private static readonly Message AnnsText = new("g:x", 5, "ann", "", "c", MessageTypes.Text, JsonElement.Parse("""{"text":"hi"}"""), null, null, Now - 10_000);

    public static TheoryData<Message?> Invisible => new(
        null, AnnsText with { Type = MessageTypes.Void }, AnnsText with { Seq = 2 }, AnnsText with { ExpiresAt = Now });

    [Theory]
    [MemberData(nameof(Invisible))]
    public void What_a_member_does_not_see_cannot_be_answered(Message? named)
    {
        var member = Ann with { JoinSeq = 3 };

        Assert.Equal(ErrorCodes.NotFound, ReferenceRules.Check(Send("text", """{"text":"x"}"""), member, named, Now, Defaults)?.Code);
        Assert.Null(ReferenceRules.Check(Send("text", """{"text":"x"}"""), member, AnnsText, Now, Defaults));
    }

    [Theory]
    [InlineData("""{"seq":5,"body":{"text":"x"}}""", null)]
    [InlineData("""{"seq":5,"body":{"text":""}}""", ErrorCodes.InvalidArgument)]
    public void An_edited_body_is_one_of_the_first_type(string body, string? code) =>
        Assert.Equal(code, ReferenceRules.Check(Send("edit", body), Ann, AnnsText, Now, Defaults)?.Code);

    public static TheoryData<string, Message> NotEditable => new()
    {
        { ErrorCodes.Forbidden, AnnsText with { SenderId = "bob" } },
        { ErrorCodes.Forbidden, AnnsText with { SentAt = Now - 86_400_001 } },
        { ErrorCodes.InvalidArgument, AnnsText with { RecalledBy = "ann" } },
        { ErrorCodes.InvalidArgument, AnnsText with { Type = MessageTypes.Edit } },
        { ErrorCodes.InvalidArgument, AnnsText with { Type = MessageTypes.Membership } },
    };

    [Theory]
    [MemberData(nameof(NotEditable))]
    public void Only_the_sender_edits_for_a_while_what_was_said(string code, Message message) =>
        Assert.Equal(code, ReferenceRules.Check(Send("edit", """{"seq":5,"body":{"text":"x"}}"""), Ann, message, Now, Defaults)?.Code);

    [Fact]
    public void Nobody_reacts_to_what_was_recalled_or_is_no_message()
    {
        Assert.Null(React(AnnsText with { SenderId = "bob" }));
        Assert.Equal(ErrorCodes.InvalidArgument, React(AnnsText with { RecalledBy = "bob" })?.Code);
        Assert.Equal(ErrorCodes.InvalidArgument, React(AnnsText with { Type = MessageTypes.Reaction })?.Code);
    }

    [Fact]
    public void A_message_full_of_reactions_takes_no_more_but_lets_them_go()
    {
        var full = AnnsText with { Reactions = new Dictionary<string, string[]> { ["👍"] = [.. Enumerable.Range(0, 199).Select(i => $"u{i}"), "ann"] } };

        Assert.Equal(ErrorCodes.TooLarge, React(full, "🎉")?.Code);
        Assert.Null(React(full, "👍"));
        Assert.Null(ReferenceRules.Check(Send("reaction", """{"seq":5,"reaction":"👍","remove":true}"""), Ann, full, Now, Defaults));
    }

    [Theory]
    [InlineData("ann", Roles.Member, 120, null)]
    [InlineData("ann", Roles.Member, 121, ErrorCodes.Forbidden)]
    [InlineData("bob", Roles.Member, 1, ErrorCodes.Forbidden)]
    [InlineData("bob", Roles.Admin, 100_000, null)]
    [InlineData("bob", Roles.Owner, 100_000, null)]
    public void The_sender_recalls_for_two_minutes_and_admins_at_any_time(string senderId, string role, int age, string? code)
    {
        var message = AnnsText with { SenderId = senderId, SentAt = Now - (age * 1_000L) };

        Assert.Equal(code, ReferenceRules.CheckRecall(Ann with { Role = role }, ConversationKinds.Group, message, Now, Defaults)?.Code);
    }

    [Fact]
    public void In_a_direct_conversation_nobody_recalls_what_the_other_said() => Assert.Equal(
        ErrorCodes.Forbidden,
        ReferenceRules.CheckRecall(Ann with { Role = Roles.Owner }, ConversationKinds.Direct, AnnsText with { SenderId = "bob" }, Now, Defaults)?.Code);

    [Theory]
    [InlineData(MessageTypes.Recall)]
    [InlineData(MessageTypes.Edit)]
    [InlineData(MessageTypes.Membership)]
    public void What_only_tells_of_a_change_cannot_be_recalled(string type) => Assert.Equal(
        ErrorCodes.InvalidArgument, ReferenceRules.CheckRecall(Ann, ConversationKinds.Group, AnnsText with { Type = type }, Now, Defaults)?.Code);

    private static Refusal? React(Message message, string reaction = "👍") =>
        ReferenceRules.Check(Send("reaction", $$"""{"seq":5,"reaction":"{{reaction}}"}"""), Ann, message, Now, Defaults);

    private static SendCommand Send(string type, string body) => new("ann", "d1", new SendMessage("c", null, "g:x", type, JsonElement.Parse(body)));
}
