using System.Net;
using ImDapr.Chat.Connecting;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;
using Microsoft.AspNetCore.SignalR.Client;
using Microsoft.Extensions.DependencyInjection;

namespace ImDapr.IntegrationTests.Features;

/// <summary>How conversations stand for one user, and who is told of what.</summary>
public abstract class SettingsTests(Cluster cluster) : FeatureTests(cluster)
{
    [Fact]
    public async Task Settings_are_kept_and_told_to_the_users_other_devices()
    {
        var users = await RegisterAsync("ann", "bob", "carl");
        await using var bob = await users[1].ConnectAsync(instance: 0);
        await using var otherDevice = await users[1].ConnectAsync(instance: 1, deviceId: "d2");
        await using var ann = await users[0].ConnectAsync(instance: 0);
        var sent = await ann.SendToAsync(users[1].Id, "hello");
        await bob.SendToAsync(users[2].Id, "newer");

        await UpdateAsync(users[1], sent.ConversationId, new { muted = true, pinned = true });
        var told = await NextAsync(otherDevice, MessageTypes.Notification);
        var list = await bob.ConversationsAsync();

        Assert.Equal(ConversationId.System(users[1].Id), told.ConversationId);
        Assert.Equal(
            $$"""{"kind":"settings","conversationId":"{{sent.ConversationId}}","muted":true,"pinned":true,"clearedSeq":0}""", told.Body.GetRawText());
        Assert.Equal((sent.ConversationId, true, true), (list[0].ConversationId, list[0].Muted, list[0].Pinned));
        Assert.Equal((ConversationKinds.System, "ImDapr", 0L), (list[1].Kind, list[1].Title, list[1].Unread));
        Assert.False((await ann.ConversationsAsync()).Single().Muted); // nobody else's business
    }

    [Fact]
    public async Task What_was_cleared_is_gone_for_this_user_alone()
    {
        var users = await RegisterAsync("ann", "bob");
        await using var ann = await users[0].ConnectAsync(instance: 0);
        await using var bob = await users[1].ConnectAsync(instance: 1);
        for (var i = 1; i <= 3; i++)
            await ann.SendToAsync(users[1].Id, $"{i}");
        var id = ConversationId.Direct(users[0].Id, users[1].Id);

        await UpdateAsync(users[1], id, new { clearedSeq = 2 });
        await UpdateAsync(users[1], id, new { clearedSeq = 1 }); // it only rises

        await Eventually.TrueAsync(async () => (await bob.HistoryAsync(id)).Messages.Length == 1);
        Assert.Equal(1, (await bob.ConversationsAsync()).Single(conversation => conversation.ConversationId == id).Unread);
        Assert.Equal(3, (await ann.HistoryAsync(id)).Messages.Length);
        await Eventually.TrueAsync(async () => await bob.RefusedAsync("Send", Text(id, "to what?", replyTo: 1)) == ErrorCodes.NotFound);
        await UpdateAsync(users[1], id, new { clearedSeq = 100 }); // no further than there is something
        var cleared = (await bob.ConversationsAsync()).Single(conversation => conversation.ConversationId == id);
        Assert.Equal((3L, 0L), (cleared.ClearedSeq, cleared.Unread));
        Assert.Null(cleared.LastMessage);
    }

    [Fact]
    public async Task Settings_that_are_none_are_refused()
    {
        var users = await RegisterAsync("ann", "bob", "eve");
        await using var ann = await users[0].ConnectAsync();
        var sent = await ann.SendToAsync(users[1].Id, "hello");
        var annsToken = (await users[0].LoginAsync()).AccessToken;
        var evesToken = (await users[2].LoginAsync()).AccessToken;
        using var rest = users[0].Rest();
        var path = $"api/conversations/{sent.ConversationId}";

        Assert.Equal(HttpStatusCode.BadRequest, (await rest.RefusedAsync(HttpMethod.Patch, path, new { }, annsToken)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await rest.RefusedAsync(HttpMethod.Patch, path, new { clearedSeq = -1 }, annsToken)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await rest.RefusedAsync(HttpMethod.Patch, path, new { muted = "yes" }, annsToken)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await rest.RefusedAsync(HttpMethod.Patch, path, new { conversationId = "g:x", muted = true }, annsToken)).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await rest.RefusedAsync(HttpMethod.Patch, "api/conversations/nonsense", new { muted = true }, annsToken)).Status);
        Assert.Equal(ErrorCodes.NotAMember, (await rest.RefusedAsync(HttpMethod.Patch, path, new { muted = true }, evesToken)).Problem.Code);
        Assert.Equal(ErrorCodes.InvalidArgument, await ann.RefusedAsync("UpdateConversation", new ConversationUpdate(sent.ConversationId, null, null, null)));
        Assert.Single(await ann.ConversationsAsync()); // nothing was told either
    }

    [Fact]
    public async Task The_others_are_told_who_types()
    {
        var users = await RegisterAsync("ann", "bob", "eve");
        await using var ann = await users[0].ConnectAsync(instance: 0);
        await using var eve = await users[2].ConnectAsync(instance: 0);
        var sent = await ann.SendToAsync(users[1].Id, "hello");
        var bobsTokens = await users[1].LoginAsync();
        await using var hub = ImClient.Build(users[1].Origin(1), "d1", bobsTokens.AccessToken)
            .AddJsonProtocol(json => json.PayloadSerializerOptions = ContractsJson.Wire).Build();
        var told = new TaskCompletionSource<TypingNotice>(TaskCreationOptions.RunContinuationsAsynchronously);
        hub.On<TypingNotice>("Typing", told.SetResult);
        await hub.StartAsync();
        await hub.InvokeAsync<SyncPage>("Sync", new SyncRequest(0, 10));

        await ann.CallAsync<object?>("Typing", new TypingRequest(sent.ConversationId));

        Assert.Equal(new TypingNotice(sent.ConversationId, users[0].Id), await told.Task.WaitAsync(ImClient.Patience));
        Assert.Equal(ErrorCodes.NotAMember, await eve.RefusedAsync("Typing", new TypingRequest(sent.ConversationId)));
        Assert.Equal(ErrorCodes.InvalidArgument, await ann.RefusedAsync("Typing", new TypingRequest(ConversationId.System(users[0].Id))));
        await users[1].CallAsync(HttpMethod.Put, $"api/blocks/{users[0].Id}");
        await Eventually.TrueAsync(async () => await IsBlockedAsync(ann, sent.ConversationId));
    }

    private static async Task<bool> IsBlockedAsync(ImClient device, string conversationId)
    {
        try
        {
            await device.CallAsync<object?>("Typing", new TypingRequest(conversationId));
            return false;
        }
        catch (Microsoft.AspNetCore.SignalR.HubException e)
        {
            return HubErrors.Parse(e).Code == ErrorCodes.Blocked;
        }
    }

    private static Task UpdateAsync(TestUser user, string conversationId, object update) =>
        user.CallAsync(HttpMethod.Patch, $"api/conversations/{conversationId}", update);
}
