using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Features;

/// <summary>What other applications publish on <c>im.notifications</c> and what users get of it.</summary>
public abstract class NotificationTests(Cluster cluster) : FeatureTests(cluster)
{
    [Fact]
    public async Task Users_get_it_once_in_the_conversation_of_the_application()
    {
        var users = await RegisterAsync("ann", "bob");
        await using var ann = await users[0].ConnectAsync(instance: 0);
        await using var bob = await users[1].ConnectAsync(instance: 1);
        var first = Notification(new { userIds = new[] { users[0].Id, users[1].Id, "nobody-at-all", "not an id" } });

        await PublishAsync(first);
        await PublishAsync(first);
        var got = await ann.NextMessageAsync();
        await PublishAsync(Notification(new { userIds = new[] { users[0].Id } }));
        var next = await ann.NextMessageAsync();

        var conversationId = ConversationId.System(users[0].Id, "approvals");
        Assert.Equal((conversationId, 1L, "app:approvals", MessageTypes.Notification), (got.ConversationId, got.Seq, got.SenderId, got.Type));
        Assert.Equal("""{"kind":"test"}""", got.Body.GetRawText());
        Assert.Equal(conversationId, next.ConversationId);
        Assert.InRange(next.Seq, 2, 3); // the repeated event may have left a void, where both went in one batch
        Assert.Equal(ConversationId.System(users[1].Id, "approvals"), (await bob.NextMessageAsync()).ConversationId);
        var listed = Assert.Single(await ann.ConversationsAsync());
        Assert.Equal((ConversationKinds.System, "approvals", next.Seq), (listed.Kind, listed.Title, listed.Unread));
    }

    [Fact]
    public async Task The_same_id_of_another_application_is_another_notification()
    {
        var users = await RegisterAsync("ann");
        await using var ann = await users[0].ConnectAsync();
        var notification = Notification(new { userIds = new[] { users[0].Id } });

        await PublishAsync(notification, "shop");
        await PublishAsync(notification, "approvals");

        Assert.Equal(2, (await ann.NextMessagesAsync(2)).Select(message => message.ConversationId).Distinct().Count());
    }

    [Fact]
    public async Task A_conversation_gets_it_on_behalf_of_a_user()
    {
        var users = await RegisterAsync("ann", "bob", "clerk");
        var group = await CreateGroupAsync(users[..2]);
        await using var bob = await users[1].ConnectAsync(instance: 1);

        await PublishAsync(Notification(new { conversationId = group.ConversationId }) with { From = users[2].Id, Type = "text", Body = new { text = "the report" } });
        var got = await NextAsync(bob, MessageTypes.Text);

        Assert.Equal((group.ConversationId, users[2].Id, "the report"), (got.ConversationId, got.SenderId, ImClient.TextOf(got)));
    }

    [Fact]
    public async Task A_bad_one_is_put_aside_with_its_reason_and_nothing_is_stored()
    {
        var users = await RegisterAsync("ann");
        await using var ann = await users[0].ConnectAsync();
        var toAnn = Notification(new { userIds = new[] { users[0].Id } });
        var bad = new[]
        {
            toAnn with { Type = "void" },
            toAnn with { From = "nobody-at-all" },
            toAnn with { Type = "text" },
            toAnn with { To = new { userIds = Array.Empty<string>() } },
            toAnn with { To = new { conversationId = $"g:{Guid.NewGuid():N}" } },
            toAnn with { To = "ann" },
        };
        bad = [.. bad.Select(notification => notification with { Id = Guid.NewGuid().ToString("N") })];

        foreach (var notification in bad)
            await PublishAsync(notification);
        await PublishAsync(toAnn, "not:an:app");
        // What is no notification at all has no id to be named by.
        await Eventually.TrueAsync(async () => await RefusedAsync() is var lines
            && bad[..^1].All(notification => lines.Any(line => line.Contains(notification.Id, StringComparison.Ordinal)))
            && lines.Any(line => line.Contains("'not:an:app' is no app id", StringComparison.Ordinal)));
        await PublishAsync(toAnn);

        Assert.Equal(1, (await ann.NextMessageAsync()).Seq);
    }

    [Fact]
    public async Task Nobody_sees_it_after_it_has_expired()
    {
        var users = await RegisterAsync("ann");
        await using var ann = await users[0].ConnectAsync();
        var toAnn = Notification(new { userIds = new[] { users[0].Id } });
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

        await PublishAsync(toAnn with { Id = Guid.NewGuid().ToString("N"), ExpiresAt = now - 1 });
        await PublishAsync(toAnn with { ExpiresAt = now + 5_000 });
        var got = await ann.NextMessageAsync();

        Assert.Equal((1L, (long?)(now + 5_000)), (got.Seq, got.ExpiresAt));
        await Eventually.TrueAsync(async () => await ShownAsync(ann, got.ConversationId, 1) is { Type: MessageTypes.Expired });
        Assert.Null((await ann.ConversationsAsync()).Single().LastMessage);
    }

    [Fact]
    public async Task Contacts_are_told_of_each_other_and_a_refusal_only_to_the_one_who_refuses()
    {
        var users = await RegisterAsync("ann", "bob");
        await using var ann = await users[0].ConnectAsync(instance: 0);
        await using var bob = await users[1].ConnectAsync(instance: 1);
        var subject = ConversationId.Direct(users[0].Id, users[1].Id)[2..];

        var requested = new RelationChanged(RelationKinds.Contact, subject, 1, RelationActions.Requested, users[0].Id, [users[1].Id], "hi, it's ann");
        await PublishAsync(Topics.Relations, requested, DaprNames.UserService);
        await PublishAsync(Topics.Relations, requested, DaprNames.UserService); // events come more than once
        var (annsCopy, bobsCopy) = (await ann.NextMessageAsync(), await bob.NextMessageAsync());
        await PublishAsync(
            Topics.Relations, new RelationChanged(RelationKinds.Contact, subject, 2, RelationActions.Refused, users[1].Id, [users[0].Id]), DaprNames.UserService);
        var refusal = await bob.NextMessageAsync();
        await ann.SendToAsync(users[1].Id, "hello?");

        Assert.Equal(ConversationId.System(users[1].Id), bobsCopy.ConversationId);
        Assert.Equal(
            $$"""{"kind":"contact","action":"requested","userId":"{{users[0].Id}}","actorId":"{{users[0].Id}}","note":"hi, it's ann"}""", bobsCopy.Body.GetRawText());
        Assert.Equal(users[1].Id, annsCopy.Body.GetProperty("userId").GetString());
        Assert.Equal("refused", refusal.Body.GetProperty("action").GetString());
        Assert.InRange(refusal.Seq, 2, 3); // the repeated event may have left a void, where both went in one batch
        Assert.Equal(MessageTypes.Text, (await ann.NextMessageAsync()).Type); // not the refusal
        Assert.Equal(0, (await ann.ConversationsAsync()).Single(conversation => conversation.Kind == ConversationKinds.System).Unread);
    }

    private async Task<string[]> RefusedAsync() =>
        [.. (await Cluster.LogAsync()).Split('\n').Where(line => line.Contains(" is refused: ", StringComparison.Ordinal))];

    private static Published Notification(object to) => new(Guid.NewGuid().ToString("N"), to, null, MessageTypes.Notification, new { kind = "test" }, null);

    private Task PublishAsync(Published notification, string source = "approvals") => PublishAsync(Topics.Notifications, notification, source);

    private Task PublishAsync(string topic, object data, string source) =>
        SidecarPublisher.PublishAsync(Cluster.Sidecar(DaprNames.UserService), topic, data, source);

    /// <summary>What a publisher writes, bad things included.</summary>
    private sealed record Published(string Id, object To, string? From, string Type, object Body, long? ExpiresAt);
}
