using System.Net;
using System.Net.Http.Json;
using ImDapr.Chat.Connecting;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.IntegrationTests.Overload;

public sealed class LimitTests(LimitedCluster cluster) : IClassFixture<LimitedCluster>
{
    [Fact]
    public async Task A_user_who_sends_too_much_is_told_when_to_try_again_and_nobody_else_is_limited()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var annsPhone = await ann.ConnectAsync(deviceId: "phone");
        await using var annsDesk = await ann.ConnectAsync(deviceId: "desk");
        await using var bobsDevice = await bob.ConnectAsync();

        // Over two devices: the limit is the user's.
        var sent = new List<string>();
        Refusal? refusal = null;
        for (var i = 0; refusal is null && i < 100; i++)
            refusal = await TrySendAsync(i % 2 == 0 ? annsPhone : annsDesk, bob, $"m{i}", sent);
        await bobsDevice.SendToAsync(ann.Id, "not limited");

        Assert.Equal(ErrorCodes.RateLimited, refusal?.Code);
        Assert.True(sent.Count >= LimitedCluster.SendBurst);
        Assert.InRange(RetryHint.Of(refusal!)!.Value.TotalMilliseconds, 1, 10_000);
        sent.Add("not limited");
        Assert.Equal(sent, await bobsDevice.TextsAsync(ConversationId.Direct(ann.Id, bob.Id), sent.Count));
    }

    [Fact]
    public async Task The_chat_waits_as_long_as_it_is_told_and_loses_nothing()
    {
        var (ann, bob) = ($"ann-{Guid.NewGuid():N}", await TestUser.RegisterAsync(cluster, "bob"));
        var data = Directory.CreateTempSubdirectory("imdapr-chat-").FullName;
        await using var bobsDevice = await bob.ConnectAsync();
        await using (var chat = ChatProcess.Start(cluster.Origin(), ann, data))
        {
            await chat.WriteAsync($"/to {bob.Id}");
            for (var i = 0; i < LimitedCluster.SendBurst + 1; i++)
                await chat.WriteAsync($"line {i}");
            Assert.Contains("Try again in ", (await chat.NextErrorAsync()).GetRawText(), StringComparison.Ordinal);

            Assert.Equal(
                Enumerable.Range(0, LimitedCluster.SendBurst + 1).Select(i => $"line {i}"),
                await bobsDevice.TextsAsync(ConversationId.Direct(ann, bob.Id), LimitedCluster.SendBurst + 1));
        }
        Directory.Delete(data, recursive: true);
    }

    [Fact]
    public async Task Too_many_REST_calls_of_a_user_are_429_with_Retry_After_and_nobody_else_is_limited()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        using var anns = Http(await ann.LoginAsync());
        using var bobs = Http(await bob.LoginAsync());

        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < LimitedCluster.RestBurst; i++)
            statuses.Add((await anns.GetAsync("api/users/me")).StatusCode);
        using var refused = await anns.GetAsync("api/users/me");
        using var other = await bobs.GetAsync("api/users/me");

        Assert.All(statuses, status => Assert.Equal(HttpStatusCode.OK, status));
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 10);
        var problem = (await refused.Content.ReadFromJsonAsync<Problem>(ContractsJson.Wire))!;
        Assert.Equal((ErrorCodes.RateLimited, true), (problem.Code, problem.Retryable));
        Assert.Equal(HttpStatusCode.OK, other.StatusCode);
    }

    [Fact]
    public async Task Guessing_a_password_is_slow_and_nobody_else_is_limited()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        using var rest = ann.Rest();

        var guesses = new List<HttpStatusCode>();
        for (var i = 0; i <= LimitedCluster.SignInBurst; i++)
            guesses.Add((await rest.RefusedAsync(HttpMethod.Post, "api/sessions", new LoginRequest(ann.Id, $"guess number {i}", "d1", "web"))).Status);
        await bob.LoginAsync();

        Assert.All(guesses[..^1], status => Assert.Equal(HttpStatusCode.Unauthorized, status));
        Assert.Equal(HttpStatusCode.TooManyRequests, guesses[^1]);
    }

    [Fact]
    public async Task A_full_queue_refuses_at_once_and_stores_nothing_of_what_it_refused()
    {
        var bob = await TestUser.RegisterAsync(cluster, "bob");
        var users = await Task.WhenAll(Enumerable.Range(0, 30).Select(i => TestUser.RegisterAsync(cluster, $"user{i}")));
        var group = await bob.CreateGroupAsync(users);
        var devices = await Task.WhenAll(users.Select(user => user.ConnectAsync()));

        var sent = new List<string>();
        var refusals = new List<Refusal>();
        for (var round = 0; refusals.Count == 0 && round < LimitedCluster.SendBurst; round++)
        {
            var answers = await Task.WhenAll(devices.Select(device => TryAsync(() => device.SendInAsync(group.ConversationId, $"{device.UserId} {round}"))));
            sent.AddRange(devices.Where((_, i) => answers[i] is null).Select(device => $"{device.UserId} {round}"));
            refusals.AddRange(answers.OfType<Refusal>());
        }
        await using var bobsDevice = await bob.ConnectAsync();
        var shown = await bobsDevice.TextsAsync(group.ConversationId, sent.Count);
        var history = await bobsDevice.HistoryAsync(group.ConversationId, after: 0, limit: Limits.PageSize);
        await Task.WhenAll(devices.Select(device => device.DisposeAsync().AsTask()));

        Assert.NotEmpty(refusals);
        Assert.All(refusals, refusal => Assert.StartsWith("unavailable: Too many ", refusal.ToString(), StringComparison.Ordinal));
        Assert.Equal(sent.Order(), shown.Order());
        Assert.Equal(sent.Order(), history.Messages.Where(message => message.Type == MessageTypes.Text).Select(ImClient.TextOf).Order());
        Assert.Equal(Enumerable.Range(1, history.Messages.Length), history.Messages.Select(message => (int)message.Seq));
    }

    private HttpClient Http(SessionTokens tokens)
    {
        var http = new HttpClient { BaseAddress = cluster.Origin() };
        http.DefaultRequestHeaders.Authorization = new("Bearer", tokens.AccessToken);
        return http;
    }

    private static async Task<Refusal?> TrySendAsync(ImClient device, TestUser to, string text, List<string> sent)
    {
        var refusal = await TryAsync(() => device.SendToAsync(to.Id, text));
        if (refusal is null)
            sent.Add(text);
        return refusal;
    }

    private static async Task<Refusal?> TryAsync(Func<Task<SendAck>> send)
    {
        try
        {
            await send();
            return null;
        }
        catch (HubException error)
        {
            return HubErrors.Parse(error);
        }
    }
}
