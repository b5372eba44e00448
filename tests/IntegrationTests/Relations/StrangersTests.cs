using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Relations;

/// <summary>Where strangers are refused: who may write follows the contacts, and both are told of them in their system conversations.</summary>
public sealed class StrangersTests(StrangersCluster cluster) : IClassFixture<StrangersCluster>
{
    [Fact]
    public async Task Only_contacts_write_to_each_other_and_learn_of_it_like_of_any_message()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsDevice = await ann.ConnectAsync();
        await using var bobsDevice = await bob.ConnectAsync();
        var hello = new SendMessage("c-1", bob.Id, null, MessageTypes.Text, System.Text.Json.JsonSerializer.SerializeToElement(new { text = "hello" }));
        Assert.Equal(ErrorCodes.Forbidden, await annsDevice.RefusedAsync("Send", hello));

        await ann.CallAsync(HttpMethod.Put, $"api/contacts/{bob.Id}", new ContactRequest("it is me"));
        var asked = await bobsDevice.NextMessageAsync();
        Assert.Equal(ErrorCodes.Forbidden, await annsDevice.RefusedAsync("Send", hello));
        await bob.CallAsync(HttpMethod.Put, $"api/contacts/{ann.Id}");
        await Eventually.TrueAsync(() => MaySendAsync(annsDevice, hello));

        Assert.Equal(
            (ConversationId.System(bob.Id), MessageTypes.Notification, "contact", "requested", ann.Id),
            (asked.ConversationId, asked.Type, Field(asked, "kind"), Field(asked, "action"), Field(asked, "userId")));
        Assert.Equal(["hello"], await bobsDevice.TextsAsync(ConversationId.Direct(ann.Id, bob.Id), 1));

        await bob.CallAsync(HttpMethod.Delete, $"api/contacts/{ann.Id}");
        await Eventually.TrueAsync(async () => !await MaySendAsync(annsDevice, hello with { ClientMessageId = Guid.NewGuid().ToString("N") }));
    }

    private static string? Field(Message message, string name) => message.Body.GetProperty(name).GetString();

    // The word of a change is on its way.
    private static async Task<bool> MaySendAsync(ImClient device, SendMessage message)
    {
        try
        {
            await device.CallAsync<SendAck>("Send", message);
            return true;
        }
        catch (Microsoft.AspNetCore.SignalR.HubException refused) when (refused.Message.Contains(ErrorCodes.Forbidden, StringComparison.Ordinal))
        {
            return false;
        }
    }
}
