using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Features;

/// <summary>What the tests of message features have in common.</summary>
public abstract class FeatureTests(Cluster cluster)
{
    protected Cluster Cluster => cluster;

    protected async Task<TestUser[]> RegisterAsync(params string[] names) =>
        await Task.WhenAll(names.Select(name => TestUser.RegisterAsync(cluster, name)));

    protected static Task<GroupCreated> CreateGroupAsync(TestUser[] members) =>
        members[0].CallAsync<GroupCreated>(HttpMethod.Post, "api/groups", new CreateGroupRequest("team", [.. members[1..].Select(member => member.Id)]));

    protected static SendMessage Send(string conversationId, string type, object body, long? replyTo = null, string[]? mentions = null) =>
        new(Guid.NewGuid().ToString("N"), null, conversationId, type, JsonSerializer.SerializeToElement(body, ContractsJson.Wire), replyTo, mentions);

    protected static SendMessage Text(string conversationId, string text, long? replyTo = null, string[]? mentions = null) =>
        Send(conversationId, MessageTypes.Text, new { text }, replyTo, mentions);

    protected static async Task<Message> ShownAsync(ImClient device, string conversationId, long seq) =>
        (await device.HistoryAsync(conversationId)).Messages.Single(message => message.Seq == seq);

    /// <summary>The next message of this type that the device shows; others are passed over.</summary>
    protected static async Task<Message> NextAsync(ImClient device, string type)
    {
        while (true)
        {
            var message = await device.NextMessageAsync();
            if (message.Type == type)
                return message;
        }
    }
}
