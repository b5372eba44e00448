using System.Text;
using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Notifications;
using ImDapr.MessageService.Sending;

namespace ImDapr.UnitTests.MessageService;

public sealed class NotificationRulesTests
{
    private static readonly Notification Good =
        new("n1", new NotificationTarget(["ann"], null), null, "notification", JsonElement.Parse("""{"kind":"x"}"""), null);

    [Fact]
    public void A_good_one_passes()
    {
        Assert.Null(Check(Good));
        Assert.Null(Check(Good with { To = new(null, "g:x"), From = "bob", Type = "text", Body = JsonElement.Parse("""{"text":"hi"}"""), ExpiresAt = 1 }));
        Assert.Null(Check(Good, new string('a', 60)));
    }

    public static TheoryData<Notification> Bad => new(
        Good with { Id = null },
        Good with { Id = "a b" },
        Good with { To = null },
        Good with { To = new(null, null) },
        Good with { To = new(["ann"], "g:x") },
        Good with { To = new([], null) },
        Good with { To = new([.. Enumerable.Repeat("ann", 1_001)], null) },
        Good with { To = new(null, "s:ann") },
        Good with { To = new(null, "nonsense") },
        Good with { From = "no body" },
        Good with { Type = null },
        Good with { Type = "recall" },
        Good with { Type = "edit" },
        Good with { Type = "void" },
        Good with { Type = "text" },
        Good with { Body = null },
        Good with { Body = JsonElement.Parse("[]") },
        Good with { Body = JsonElement.Parse($$"""{"a":"{{new string('x', Limits.BodyBytes)}}"}""") },
        Good with { ExpiresAt = 0 });

    [Theory]
    [MemberData(nameof(Bad))]
    public void A_bad_one_is_refused(Notification notification) => Assert.NotNull(Check(notification));

    [Theory]
    [InlineData("")]
    [InlineData("not an app")]
    [InlineData("app:id")]
    [InlineData("a123456789b123456789c123456789d123456789e123456789f1234567890")]
    public void A_source_that_is_no_app_id_is_refused(string source) => Assert.NotNull(Check(Good, source));

    [Theory]
    [InlineData("null")]
    [InlineData("""{"id":5}""")]
    [InlineData("""{"id":"n","to":"ann"}""")]
    [InlineData("""{"id":"n","body":{"text":"\ud800"}}""")]
    [InlineData("not json")]
    [InlineData("")]
    public void What_is_no_notification_is_not_read(string json) => Assert.Null(NotificationReader.TryRead(Encoding.UTF8.GetBytes(json), out _));

    [Fact]
    public void A_body_that_is_nested_too_deep_is_not_read()
    {
        var deep = string.Concat(Enumerable.Repeat("[", Limits.BodyDepth)) + string.Concat(Enumerable.Repeat("]", Limits.BodyDepth));

        Assert.Null(NotificationReader.TryRead(Encoding.UTF8.GetBytes($$$"""{"id":"n","body":{"a":{{{deep}}}}}"""), out var reason));
        Assert.NotNull(reason);
    }

    [Fact]
    public void The_key_of_a_notification_tells_applications_and_recipients_apart_and_no_client_can_use_it()
    {
        var key = NotificationRules.ClientMessageIdOf("app", "n1", "s:ann:app");

        Assert.Equal(key, NotificationRules.ClientMessageIdOf("app", "n1", "s:ann:app"));
        Assert.Equal(4, new[] { key, NotificationRules.ClientMessageIdOf("app2", "n1", "s:ann:app"), NotificationRules.ClientMessageIdOf("app", "n2", "s:ann:app"), NotificationRules.ClientMessageIdOf("app", "n1", "s:bob:app") }.Distinct().Count());
        Assert.False(Ids.IsValidClientMessageId(key));
        Assert.True(key.Length <= 180);
    }

    private static Refusal? Check(Notification notification, string source = "approvals") => NotificationRules.Check(notification, source, new MessageLimits());
}
