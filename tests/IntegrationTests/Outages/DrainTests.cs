using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;

namespace ImDapr.IntegrationTests.Outages;

/// <summary>An instance that is asked to stop while clients send: nobody notices but those who are asked to connect elsewhere.</summary>
[Collection(ServiceProcesses.Collection)]
public sealed class DrainTests(ServiceProcesses system)
{
    private const int Before = 40;
    private const int After = 40;

    [Fact]
    public async Task A_connection_service_that_leaves_answers_every_send_and_asks_its_clients_to_connect_elsewhere()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(system, "ann"), await TestUser.RegisterAsync(system, "bob"));
        var sender = new Sender(ann, bob.Id);
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        var bobsDevice = await bob.ConnectAsync(instance: 0);
        await sender.SendAsync(annsDevice, Before);

        var leaving = system.TerminateAsync(DaprNames.ConnectionService, 0);
        var sending = sender.SendUntilAsync(annsDevice, () => annsDevice.IsAskedToLeave);
        var within = (await bobsDevice.AskedToLeaveAsync()).WithinSeconds;
        await using var late = await bob.ConnectAsync(instance: 0, deviceId: "late");
        await late.AskedToLeaveAsync();
        await sending;
        await annsDevice.DisposeAsync();
        await bobsDevice.DisposeAsync();
        await late.DisposeAsync();
        var exitCode = await leaving;

        await using var annsNext = await ann.ConnectAsync(instance: 1);
        await sender.SendAsync(annsNext, After);
        await using var bobsNext = await bob.ConnectAsync(instance: 1);
        Assert.Equal(0, exitCode);
        Assert.InRange(within, 1, 5);
        Assert.Equal(sender.Sent, await bobsNext.TextsAsync(sender.ConversationId, sender.Sent.Count));
        await system.StartAgainAsync(DaprNames.ConnectionService, 0);
    }

    [Fact]
    public async Task A_connection_that_does_not_leave_is_closed_before_its_node_ends()
    {
        var ann = await TestUser.RegisterAsync(system, "ann");
        await using var device = await ann.ConnectAsync(instance: 0);

        var exitCode = await system.TerminateAsync(DaprNames.ConnectionService, 0);

        await device.ClosedAsync();
        Assert.Equal(0, exitCode);
        await system.StartAgainAsync(DaprNames.ConnectionService, 0);
    }

    [Fact]
    public async Task A_message_service_that_leaves_loses_no_send_and_no_push()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(system, "ann"), await TestUser.RegisterAsync(system, "bob"));
        var sender = new Sender(ann, bob.Id);
        await using var annsDevice = await ann.ConnectAsync(instance: 0);
        await using var bobsDevice = await bob.ConnectAsync(instance: 1);
        await sender.SendAsync(annsDevice, Before);

        var leaving = system.TerminateAsync(DaprNames.MessageService, 0);
        await sender.SendUntilAsync(annsDevice, () => leaving.IsCompleted);
        await sender.SendAsync(annsDevice, After);

        Assert.Equal(0, await leaving);
        Assert.Equal(sender.Sent, await bobsDevice.TextsAsync(sender.ConversationId, sender.Sent.Count));
        await system.StartAgainAsync(DaprNames.MessageService, 0);
    }

    [Fact]
    public async Task A_user_service_that_leaves_answers_what_it_is_asked()
    {
        var ann = await TestUser.RegisterAsync(system, "ann");
        var token = (await ann.LoginAsync()).AccessToken;
        using var rest = ann.Rest();

        var leaving = system.TerminateAsync(DaprNames.UserService, 0);
        do
            await rest.CallAsync<UserProfile>(HttpMethod.Get, "api/users/me", accessToken: token);
        while (!leaving.IsCompleted);

        Assert.Equal(0, await leaving);
        await system.StartAgainAsync(DaprNames.UserService, 0);
    }

    /// <summary>Sends one message after the other; each must be acknowledged with the next seq.</summary>
    private sealed class Sender(TestUser user, string toUserId)
    {
        public List<string> Sent { get; } = [];

        public string ConversationId { get; private set; } = "";

        public async Task SendAsync(ImClient device, int count)
        {
            for (var end = Sent.Count + count; Sent.Count < end;)
                await SendAsync(device);
        }

        public async Task SendUntilAsync(ImClient device, Func<bool> isOver)
        {
            while (!isOver())
                await SendAsync(device);
        }

        private async Task SendAsync(ImClient device)
        {
            var text = $"{user.Id} {Sent.Count}";
            var ack = await device.SendToAsync(toUserId, text);
            Sent.Add(text);
            ConversationId = ack.ConversationId;
            Assert.Equal(Sent.Count, ack.Seq);
        }
    }
}
