using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Sending;

namespace ImDapr.UnitTests.MessageService;

public sealed class MessageBodiesTests
{
    [Theory]
    [InlineData("text", """{"text":"hi","font":"wavy"}""")]
    [InlineData("image", """{"url":"https://cdn.example/a.png","width":640,"height":480,"size":1000,"thumbnailUrl":"/t/a.png"}""")]
    [InlineData("image", """{"url":"/files/a%20b.png","width":null}""")]
    [InlineData("file", """{"url":"http://x/f","name":"résumé.pdf"}""")]
    [InlineData("audio", """{"url":"/a","durationMs":0}""")]
    [InlineData("video", """{"url":"/v"}""")]
    [InlineData("custom", """{"anything":[1,{}]}""")]
    [InlineData("custom", "{}")]
    [InlineData("edit", """{"seq":1,"body":{"text":"x"}}""")]
    [InlineData("reaction", """{"seq":9007199254740993,"reaction":"👩‍👩‍👧‍👦"}""")]
    [InlineData("reaction", """{"seq":1,"reaction":":party_parrot:","remove":true}""")]
    public void A_body_with_what_its_type_needs_passes(string type, string body) => Assert.Null(Check(type, body));

    [Theory]
    [InlineData("text", """{"text":""}""")]
    [InlineData("text", """{"text":null}""")]
    [InlineData("image", "{}")]
    [InlineData("image", """{"url":"ftp://x/y"}""")]
    [InlineData("image", """{"url":"javascript:alert(1)"}""")]
    [InlineData("image", """{"url":"//evil.example/a.png"}""")]
    [InlineData("image", """{"url":"/\\evil.example/a.png"}""")]
    [InlineData("image", """{"url":"a.png"}""")]
    [InlineData("image", """{"url":"https://x/a b"}""")]
    [InlineData("image", """{"url":"/a","width":-1}""")]
    [InlineData("image", """{"url":"/a","width":1.5}""")]
    [InlineData("image", """{"url":"/a","width":"640"}""")]
    [InlineData("image", """{"url":"/a","thumbnailUrl":7}""")]
    [InlineData("file", """{"url":"/a"}""")]
    [InlineData("file", """{"url":"/a","name":""}""")]
    [InlineData("audio", """{"url":"/a"}""")]
    [InlineData("video", """{"url":"/a","durationMs":"1"}""")]
    [InlineData("edit", """{"seq":1}""")]
    [InlineData("edit", """{"seq":0,"body":{}}""")]
    [InlineData("edit", """{"seq":1,"body":"x"}""")]
    [InlineData("reaction", """{"seq":1}""")]
    [InlineData("reaction", """{"seq":1,"reaction":""}""")]
    [InlineData("reaction", """{"seq":1,"reaction":"a\nb"}""")]
    [InlineData("reaction", """{"seq":1,"reaction":"x","remove":"yes"}""")]
    [InlineData("reaction", """{"seq":1.5,"reaction":"x"}""")]
    public void Another_is_invalid(string type, string body) => Assert.Equal(ErrorCodes.InvalidArgument, Check(type, body)?.Code);

    [Fact]
    public void What_is_longer_than_its_limit_is_invalid()
    {
        Assert.NotNull(Check("image", $$"""{"url":"/{{new string('x', 2_048)}}"}"""));
        Assert.NotNull(Check("reaction", $$"""{"seq":1,"reaction":"{{new string('x', 33)}}"}"""));
        Assert.Equal(ErrorCodes.TooLarge, MessageBodies.Check("custom", JsonElement.Parse($$"""{"a":"{{new string('x', 300)}}"}"""), new MessageLimits { BodyBytes = 256 })?.Code);
    }

    private static Refusal? Check(string type, string body) => MessageBodies.Check(type, JsonElement.Parse(body), new MessageLimits());
}
