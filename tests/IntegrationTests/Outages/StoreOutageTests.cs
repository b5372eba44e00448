using System.Diagnostics;
using System.Net;
using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using Xunit.Abstractions;

namespace ImDapr.IntegrationTests.Outages;

/// <summary>A store that hangs (tests/Chaos has those that die): everything is refused soon, sockets stay, and when the store is back everything works by itself.</summary>
[Collection(ServiceProcesses.Collection)]
public sealed class StoreOutageTests(ServiceProcesses system, ITestOutputHelper output)
{
    private const int Lanes = 4;

    [Fact]
    public Task MySQL_hangs_and_goes_on() => OutageAsync(system.Database.PauseAsync, system.Database.ResumeAsync);

    [Fact]
    public Task Redis_hangs_and_goes_on() => OutageAsync(system.Redis.PauseAsync, system.Redis.ResumeAsync);

    private async Task OutageAsync(Func<Task> begin, Func<Task> end)
    {
        var (ann, bob) = (await TestUser.RegisterAsync(system, "ann"), await TestUser.RegisterAsync(system, "bob"));
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        var annsDevices = await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => ann.ConnectAsync(lane % 2, deviceId: $"d{lane}")));
        var first = await annsDevices[0].SendToAsync(bob.Id, "before");
        Assert.Equal("before", ImClient.TextOf(await bobsDevice.NextMessageAsync()));
        using var rest = ann.Rest();
        var token = (await ann.LoginAsync("rest")).AccessToken;

        await begin();
        await Task.WhenAll(annsDevices.Select((device, lane) => RefusedAsync(device, bob.Id, $"c-{lane}")));
        await OthersAsync(annsDevices[0], rest, token, first.ConversationId);
        await end();

        var back = Stopwatch.StartNew();
        var acks = await Task.WhenAll(annsDevices.Select((device, lane) => SendAsync(device, bob.Id, $"c-{lane}")));
        Say("acknowledged after the return", back);
        await bobsDevice.NextMessagesAsync(Lanes);
        Say("shown to the peer after the return", back);
        var later = await SendAsync(annsDevices[0], bob.Id, "later"); // the other instance may not have noticed yet
        Assert.Equal("later", ImClient.TextOf(await bobsDevice.NextMessageAsync()));
        Say("a later one shown", back);

        // Each once and in order, whatever became of the refused tries. One that was stored after all and is sent again beside a new one leaves a seq
        // that is closed by a void.
        Assert.Equal(Lanes, acks.Select(ack => ack.Seq).Distinct().Count());
        Assert.All(acks, ack => Assert.InRange(ack.Seq, first.Seq + 1, later.Seq - 1));
        Assert.Equal([first.Seq, .. acks.Select(ack => ack.Seq).Order(), later.Seq], bobsDevice.ShownSoFar.Select(message => message.Seq));
        await Eventually.TrueAsync(() => AllAnswerAsync(rest, token, first.ConversationId));
        Say("answered by every instance", back);
        foreach (var device in annsDevices)
            await device.DisposeAsync();
    }

    // Instances are asked in turn, and each finds out by itself that the store is back.
    private static async Task<bool> AllAnswerAsync(RestClient rest, string token, string conversationId)
    {
        foreach (var path in new[] { "api/users/me", $"api/conversations/{conversationId}/messages" })
        {
            for (var calls = 0; calls < 4; calls++)
            {
                if (await rest.StatusAsync(HttpMethod.Get, path, token) != HttpStatusCode.OK)
                    return false;
            }
        }
        return true;
    }

    // The first is refused when a call has run out of time, later ones because the store is known to be away.
    private async Task RefusedAsync(ImClient device, string toUserId, string clientMessageId)
    {
        for (var i = 0; i < 4; i++)
        {
            var clock = Stopwatch.StartNew();
            var code = await device.RefusedAsync("Send", Message(toUserId, clientMessageId));
            Say($"send {clientMessageId} refused with {code}", clock);
            Assert.Equal(ErrorCodes.Unavailable, code);
        }
    }

    /// <summary>Other calls need one store or the other: each is answered, and if it is refused, as unavailable.</summary>
    private async Task OthersAsync(ImClient device, RestClient rest, string token, string conversationId)
    {
        foreach (var (method, argument) in new (string, object)[]
        {
            ("Sync", new SyncRequest(0, 100, null)), ("Ack", new AckRequest(1)), ("History", new HistoryRequest(conversationId, null, null, 10)),
            ("Conversations", new ConversationsRequest(null, 10)), ("Read", new ReadRequest(conversationId, 1)), ("WatchPresence", new WatchPresenceRequest([device.UserId])),
        })
        {
            var clock = Stopwatch.StartNew();
            Say($"{method}: {await CodeOfAsync(device, method, argument)}", clock);
        }
        foreach (var path in new[] { "api/users/me", $"api/conversations/{conversationId}/messages", "api/inbox" })
        {
            var clock = Stopwatch.StartNew();
            var status = await rest.StatusAsync(HttpMethod.Get, path, token);
            Say($"GET {path}: {status}", clock);
            Assert.True(status is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{path}: {status}");
        }
    }

    private static async Task<string> CodeOfAsync(ImClient device, string method, object argument)
    {
        try
        {
            await device.CallAsync<JsonElement?>(method, argument);
            return "answered";
        }
        catch (Microsoft.AspNetCore.SignalR.HubException refused)
        {
            Assert.Equal(ErrorCodes.Unavailable, ImDapr.Chat.Connecting.HubErrors.Parse(refused).Code);
            return "refused";
        }
    }

    // As clients do: the same again until it is acknowledged.
    private static async Task<SendAck> SendAsync(ImClient device, string toUserId, string clientMessageId)
    {
        using var limit = new CancellationTokenSource(ImClient.Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        while (true)
        {
            try
            {
                return await device.CallAsync<SendAck>("Send", Message(toUserId, clientMessageId));
            }
            catch (Microsoft.AspNetCore.SignalR.HubException refused)
            {
                Assert.Equal(ErrorCodes.Unavailable, ImDapr.Chat.Connecting.HubErrors.Parse(refused).Code);
            }
            await pause.WaitForNextTickAsync(limit.Token);
        }
    }

    private static SendMessage Message(string toUserId, string clientMessageId) =>
        new(clientMessageId, toUserId, null, MessageTypes.Text, JsonSerializer.SerializeToElement(new { text = clientMessageId }));

    private void Say(string what, Stopwatch clock) => output.WriteLine($"{clock.ElapsedMilliseconds,6} ms  {what}");
}
