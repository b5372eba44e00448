using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Sending;

namespace ImDapr.UnitTests.MessageService;

public sealed class SendValidationTests
{
    private static readonly SendMessage Good = new("c1", "bob", null, "text", JsonElement.Parse("""{"text":"hi"}"""));

    [Fact]
    public void A_good_message_passes() => Assert.Null(Check(Good));

    public static TheoryData<string, SendMessage> Bad => new()
    {
        { ErrorCodes.InvalidArgument, Good with { ClientMessageId = null } },
        { ErrorCodes.InvalidArgument, Good with { ClientMessageId = "with space" } },
        { ErrorCodes.InvalidArgument, Good with { ClientMessageId = new string('x', 65) } },
        { ErrorCodes.InvalidArgument, Good with { ToUserId = null } },
        { ErrorCodes.InvalidArgument, Good with { ConversationId = "g:x" } },
        { ErrorCodes.InvalidArgument, Good with { ToUserId = "ann" } },
        { ErrorCodes.InvalidArgument, Good with { ToUserId = "x' OR '1'='1" } },
        { ErrorCodes.InvalidArgument, Good with { ToUserId = null, ConversationId = "g:'; DROP TABLE messages" } },
        { ErrorCodes.InvalidArgument, Good with { ToUserId = null, ConversationId = "s:ann" } },
        { ErrorCodes.NotAMember, Good with { ToUserId = null, ConversationId = "d:bob:carl" } },
        { ErrorCodes.InvalidArgument, Good with { Type = null } },
        { ErrorCodes.InvalidArgument, Good with { Type = "void" } },
        { ErrorCodes.InvalidArgument, Good with { Type = "membership" } },
        { ErrorCodes.InvalidArgument, Good with { Body = null } },
        { ErrorCodes.InvalidArgument, Good with { Body = JsonElement.Parse("[1]") } },
        { ErrorCodes.InvalidArgument, Good with { Body = JsonElement.Parse("{}") } },
        { ErrorCodes.InvalidArgument, Good with { Body = JsonElement.Parse("""{"text":5}""") } },
        { ErrorCodes.InvalidArgument, Good with { ReplyTo = 0 } },
        { ErrorCodes.InvalidArgument, Good with { Mentions = ["not ok"] } },
        { ErrorCodes.InvalidArgument, Good with { Mentions = ["@everybody"] } },
        { ErrorCodes.InvalidArgument, Good with { Mentions = [.. Enumerable.Repeat("bob", Limits.Mentions + 1)] } },
        { ErrorCodes.InvalidArgument, Good with { Type = "recall", Body = JsonElement.Parse("""{"seq":1}""") } },
        { ErrorCodes.InvalidArgument, Good with { Type = "notification" } },
        { ErrorCodes.InvalidArgument, Good with { Type = "reaction", Body = JsonElement.Parse("""{"seq":3,"reaction":"x"}"""), ReplyTo = 4 } },
        { ErrorCodes.Unauthorized, Good with { SenderId = "eve" } },
        { ErrorCodes.TooLarge, Good with { Body = JsonElement.Parse($$"""{"text":"{{new string('é', Limits.BodyBytes / 2)}}"}""") } },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_message_is_refused_with_its_code(string code, SendMessage message) => Assert.Equal(code, Check(message)?.Code);

    [Fact]
    public void A_body_of_exactly_the_limit_passes()
    {
        var envelope = """{"text":""}""".Length;
        var body = JsonElement.Parse($$"""{"text":"{{new string('x', Limits.BodyBytes - envelope)}}"}""");

        Assert.Null(Check(Good with { Body = body }));
    }

    private static Refusal? Check(SendMessage message) => SendValidation.Check(new SendCommand("ann", "phone", message), new MessageLimits());
}
