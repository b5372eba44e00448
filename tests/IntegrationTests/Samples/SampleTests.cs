using System.Net.Http.Json;
using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;

namespace ImDapr.IntegrationTests.Samples;

public sealed class ApprovalWorkflowTests(ApprovalsCluster cluster) : IClassFixture<ApprovalsCluster>
{
    [Fact]
    public async Task Both_sides_of_an_approval_are_told()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        await using var bobsDevice = await bob.ConnectAsync();
        using var http = new HttpClient { BaseAddress = cluster.App("approvals") };

        using var asked = await http.PostAsJsonAsync("requests", new { requesterId = ann.Id, approverId = bob.Id, title = "Two days off" });
        var id = (await asked.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        var request = await bobsDevice.NextMessageAsync();
        using var decided = await http.PostAsJsonAsync($"requests/{id}/decision", new { approved = true });
        var decision = await annsDevice.NextMessageAsync();

        Assert.Equal((ConversationId.System(bob.Id, "approvals"), "app:approvals"), (request.ConversationId, request.SenderId));
        Assert.Equal("Two days off", request.Body.GetProperty("title").GetString());
        Assert.Equal((ConversationId.System(ann.Id, "approvals"), "approved"), (decision.ConversationId, decision.Body.GetProperty("state").GetString()));
    }
}

public sealed class LikesAndGiftsTests(LikesCluster cluster) : IClassFixture<LikesCluster>
{
    [Fact]
    public async Task A_like_reaches_its_user_once_by_curl()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var device = await ann.ConnectAsync();
        var like = $"like {bob.Id} {ann.Id} holiday-photo\n";

        await File.AppendAllTextAsync(cluster.Events, $"{like}{like}rm -rf /; \" $(id)\ngift {bob.Id} {ann.Id} rose-1\n");
        var told = await device.NextMessagesAsync(2);

        Assert.All(told, message => Assert.Equal((ConversationId.System(ann.Id, "likes-and-gifts"), bob.Id), (message.ConversationId, message.SenderId)));
        Assert.Equal(["holiday-photo", "rose-1"], told.Select(message => message.Body.GetProperty("what").GetString()).Order());
        Assert.Equal(2, (await device.SyncAsync(0)).Head);
    }
}

public sealed class MessageArchiveTests(ArchiveCluster cluster) : IClassFixture<ArchiveCluster>
{
    [Fact]
    public async Task Another_application_reads_every_message_and_follows_its_edits()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var device = await ann.ConnectAsync();
        using var http = new HttpClient { BaseAddress = cluster.App("message-archive") };
        var word = $"{Guid.NewGuid():N}";

        var sent = await device.SendToAsync(bob.Id, $"a {word}");
        await Eventually.TrueAsync(async () => (await SearchAsync(http, word)).Length == 1);
        await device.CallAsync<SendAck>("Send", new SendMessage(
            "e1", bob.Id, null, MessageTypes.Edit, JsonSerializer.SerializeToElement(new { seq = sent.Seq, body = new { text = "never mind" } })));

        await Eventually.TrueAsync(async () => (await SearchAsync(http, word)).Length == 0);
    }

    private static async Task<JsonElement[]> SearchAsync(HttpClient http, string text) => (await http.GetFromJsonAsync<JsonElement[]>($"search?text={text}"))!;
}
