using System.Net;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Chatting;

/// <summary>The inbox for those without a socket.</summary>
public abstract class PollingTests(Cluster cluster)
{
    [Fact]
    public async Task A_poll_answers_at_once_when_there_is_something_and_goes_on_after_what_it_has()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var device = await ann.ConnectAsync();
        await device.SendToAsync(bob.Id, "one");
        await device.SendToAsync(bob.Id, "two");
        var token = (await bob.LoginAsync("wechat")).AccessToken;

        var first = await PollAsync(bob, token, "after=0&limit=1&waitSeconds=60");
        var second = await PollAsync(bob, token, $"after={first.Next}&epoch={first.Epoch}&waitSeconds=60", instance: 1);
        var last = await PollAsync(bob, token, $"after={second.Next}&epoch={first.Epoch}");

        Assert.Equal("one", ImClient.TextOf(Assert.Single(first.Entries).Message));
        Assert.Equal("two", ImClient.TextOf(Assert.Single(second.Entries).Message));
        Assert.Equal((2, 2, false), (last.Next, last.Head, last.Reset));
        Assert.Empty(last.Entries);
    }

    [Fact]
    public async Task A_poll_that_waits_is_woken_by_a_message()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var device = await ann.ConnectAsync();
        await device.SendToAsync(bob.Id, "one");
        var token = (await bob.LoginAsync("wechat")).AccessToken;
        var first = await PollAsync(bob, token, "after=0&waitSeconds=10");
        var waiting = PollAsync(bob, token, $"after={first.Next}&waitSeconds=60", instance: 1);

        // Whether it waits already does not matter: either way it gets what comes.
        await device.SendToAsync(bob.Id, "two");

        // Long before the wait ends, and before it would look again by itself.
        var page = await waiting.WaitAsync(TimeSpan.FromSeconds(12));
        Assert.Equal("two", ImClient.TextOf(Assert.Single(page.Entries).Message));
    }

    [Fact]
    public async Task A_poll_that_nothing_came_for_is_answered_empty_after_its_wait()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        var token = (await ann.LoginAsync("wechat")).AccessToken;

        var page = await PollAsync(ann, token, "after=0&waitSeconds=1");

        Assert.Empty(page.Entries);
        Assert.Equal((0, 0, false), (page.Next, page.Head, page.Reset));
    }

    [Fact]
    public async Task A_polling_device_is_not_online()
    {
        var (ann, bob) = (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));
        await using var device = await ann.ConnectAsync();
        await PollAsync(bob, (await bob.LoginAsync("wechat")).AccessToken, "after=0");

        Assert.False(Assert.Single(await device.WatchAsync(bob.Id)).Online);
    }

    [Theory]
    [InlineData("after=-1")]
    [InlineData("limit=-1")]
    [InlineData("waitSeconds=-1")]
    [InlineData("waitSeconds=61")]
    [InlineData("after=many")]
    public async Task A_bad_poll_is_refused_with_a_code(string query)
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        using var rest = ann.Rest();

        var (status, problem) = await rest.RefusedAsync(HttpMethod.Get, $"api/inbox?{query}", accessToken: (await ann.LoginAsync()).AccessToken);

        Assert.Equal((HttpStatusCode.BadRequest, ErrorCodes.InvalidArgument), (status, problem.Code));
    }

    [Fact]
    public async Task A_poll_without_a_token_is_unauthorized()
    {
        using var rest = new RestClient(cluster.Origin());

        Assert.Equal(ErrorCodes.Unauthorized, (await rest.RefusedAsync(HttpMethod.Get, "api/inbox")).Problem.Code);
    }

    private static async Task<SyncPage> PollAsync(TestUser user, string token, string query, int instance = 0)
    {
        using var rest = user.Rest(instance);
        return await rest.CallAsync<SyncPage>(HttpMethod.Get, $"api/inbox?{query}", accessToken: token);
    }
}
