using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Actors;

/// <summary>A call, what reaches the actor and what comes back.</summary>
public sealed class CallCases(ConformanceSystem system) : ActorCases(system)
{
    [Theory, InlineData("PUT"), InlineData("POST"), InlineData("GET"), InlineData("DELETE")]
    [Source("daprd:pkg/api/http/actors.go"), Source("dapr-contract 5.3")]
    public async Task Whatever_the_verb_the_app_gets_a_PUT(string verb)
    {
        var id = NewKey();

        (await B.SendAsync(verb, Path(id, "method/echo?a=1"), verb is "PUT" or "POST" ? "\"body\"" : null, headers: [("X-Mine", "1")])).Is(200);

        var record = await RecordedOnceAsync("conf-a", id);
        Assert.Equal(("PUT", $"/actors/ScriptedActor/{id}/method/echo", "?a=1"), (record.Method, record.Path, record.Query));
        Assert.Equal(("1", "true"), (record.Header("x-mine"), record.Header("dapr-api-call")));
    }

    [Fact]
    [Source("daprd:pkg/api/http/actors.go"), Source("dapr-contract 5.3")]
    public async Task The_answer_has_the_actors_body_type_and_headers()
    {
        var answer = await B.SendAsync("PUT", Path(NewKey(), "method/echo"), "<a/>", "text/xml");

        Assert.Equal((200, "<a/>", "from the actor"), (answer.Status, answer.Body, answer.Header("X-Echo")));
        Assert.StartsWith("text/xml", answer.Header("Content-Type"));
    }

    [Theory, InlineData(201), InlineData(204), InlineData(302), InlineData(400), InlineData(404), InlineData(409), InlineData(500), InlineData(503)]
    [Source("daprd:pkg/actors/targets/app/transport/http/http.go"), Source("dapr-contract 5.3")]
    public async Task Any_other_status_than_200_is_an_error_of_the_call(int status)
    {
        var id = NewKey();

        var answer = (await CallAsync(id, $"status-{status}")).Is(500, "ERR_ACTOR_INVOKE_METHOD");

        Assert.StartsWith("error invoke actor method: ", answer.Json.GetProperty("message").GetString());
        await RecordedOnceAsync("conf-a", id);
    }

    [Fact]
    [Source("daprd:pkg/api/http/actors.go"), Source("dapr-contract 5.3")]
    public async Task An_actors_own_error_goes_through_unchanged()
    {
        var answer = await CallAsync(NewKey(), "error");

        Assert.Equal((200, "an actor's own error", "true"), (answer.Status, answer.Body, answer.Header("X-DaprErrorResponseHeader")));
    }

    [Fact]
    [Source("daprd:pkg/actors/router/router.go"), Source("daprd:pkg/api/http/actors.go")]
    public async Task A_type_that_nobody_hosts_has_no_address()
    {
        var answer = (await CallAsync(NewKey(), "echo", type: "NobodysActor")).Is(500, "ERR_ACTOR_INVOKE_METHOD");

        // The error of its own that there is for it is wrapped on its way, and not recognised any more.
        Assert.Contains("did not find address for actor", answer.Json.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a%2Fb", "echo"), InlineData("a%3Fb", "echo"), InlineData("a%23b", "echo"), InlineData("a%5Cb", "echo"), InlineData("x", "a%3Fb")]
    [Source("daprd:pkg/api/http/actors.go"), Source("daprd:pkg/messaging/method/normalize.go")]
    public async Task Ids_and_methods_with_what_no_path_may_have_are_refused(string id, string method) =>
        (await CallAsync(id, method)).Is(400, "ERR_BAD_REQUEST");

    [Fact]
    [Source("daprd:pkg/actors/internal/placement"), Source("dapr-contract 5.7")]
    public async Task An_actor_stays_in_one_instance_whoever_calls_and_all_are_spread()
    {
        var ports = new HashSet<string>();
        foreach (var id in Enumerable.Range(0, 20).Select(_ => NewKey()))
        {
            var answers = await Task.WhenAll(new[] { A, A2, B }.Select(app => app.SendAsync("PUT", Path(id, "method/echo"), "{}")));
            ports.Add(Assert.Single(answers.Select(answer => answer.Is(200).Header("X-Instance")!).Distinct()));
        }

        Assert.Equal(2, ports.Count);
    }

    [Fact]
    [Source("daprd:pkg/actors/targets/app/lock/lock.go"), Source("dapr-contract 5.2")]
    public async Task Calls_of_one_actor_take_turns_from_wherever_they_come()
    {
        var id = NewKey();

        await Task.WhenAll(Enumerable.Range(0, 6).Select(i => new[] { A, A2, B }[i % 3].SendAsync("PUT", Path(id, "method/slow-150"), "{}")));

        var records = await RecordedAsync("conf-a", id, 6);
        Assert.All(records.Zip(records.Skip(1)), pair => Assert.True(pair.Second.At - pair.First.At >= 130, $"{pair.Second.At - pair.First.At} ms apart"));
    }

    [Fact]
    [Source("daprd:pkg/actors/targets/app/lock/lock.go")]
    public async Task Actors_do_not_wait_for_one_another()
    {
        var ids = Enumerable.Range(0, 10).Select(_ => NewKey()).ToList();
        var watch = global::System.Diagnostics.Stopwatch.StartNew();

        await Task.WhenAll(ids.Select(id => CallAsync(id, "slow-500")));

        Assert.True(watch.ElapsedMilliseconds < 4000, $"{watch.ElapsedMilliseconds} ms");
    }

    [Fact]
    [Source("daprd:pkg/actors/targets/app/lock/lock.go"), Source("dapr-contract 5.2")]
    public async Task A_call_that_is_given_up_while_it_waits_does_not_run()
    {
        var id = NewKey();
        var first = CallAsync(id, "slow-1000");
        await RecordedAsync("conf-a", id);
        using (var client = new HttpClient { Timeout = TimeSpan.FromMilliseconds(300) })
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.PutAsync(new Uri($"{B.SidecarHttp}{Path(id, "method/echo")}"), null, Token));

        await first;
        (await CallAsync(id, "status-200")).Is(200);

        Assert.DoesNotContain(await RecordedAsync("conf-a", id, 2), record => Method("echo")(record));
    }

    [Theory, InlineData(1), InlineData(3)]
    [Source("daprd:pkg/actors/targets/app/lock/lock.go"), Source("dapr-contract 5.2")]
    public async Task A_reentrant_actor_may_call_itself(int depth)
    {
        var id = NewKey();

        (await CallAsync(id, $"chain-{depth}", "{}", Reentrant)).Is(200);

        var records = await RecordedAsync("conf-a", id, depth + 1);
        // One id for the whole chain, made up by the sidecar.
        Assert.NotEmpty(Assert.Single(records.Select(record => record.Header("dapr-reentrancy-id")).Distinct())!);
    }

    [Fact]
    [Source("daprd:pkg/actors/targets/app/lock/lock.go"), Source("dapr-contract 5.2")]
    public async Task A_chain_deeper_than_allowed_is_an_error()
    {
        var id = NewKey();

        var answer = await CallAsync(id, "chain-6", "{}", Reentrant);

        Assert.Equal(500, answer.Status);
        Assert.InRange((await RecordedInSilenceAsync("conf-a", id, 7)).Count, 4, 5);
    }

    [Fact]
    [Source("daprd:pkg/actors/targets/app/lock/lock.go")]
    public async Task After_a_chain_that_was_too_deep_an_actor_answers_nobody()
    {
        var id = NewKey();
        Assert.Equal(500, (await CallAsync(id, "chain-6", "{}", Reentrant)).Status);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var client = new HttpClient();
        var waiting = client.PutAsync(new Uri($"{B.SidecarHttp}{Path(id, "method/echo", Reentrant)}"), new StringContent("{}"), patience.Token);

        // The refused call still counts as one that is in its turn.
        Assert.DoesNotContain(await RecordedInSilenceAsync("conf-a", id, 7), record => Method("echo")(record));
        Assert.False(waiting.IsCompleted);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    [Source("daprd:pkg/actors/targets/app/lock/lock.go")]
    public async Task The_callers_own_reentrancy_id_is_kept()
    {
        var id = NewKey();

        (await CallAsync(id, "echo", "{}", Reentrant, ("Dapr-Reentrancy-Id", "mine"))).Is(200);

        Assert.Equal("mine", (await RecordedOnceAsync("conf-a", id)).Header("dapr-reentrancy-id"));
    }

    [Fact]
    [Source("daprd:pkg/actors/targets/app/lock/lock.go"), Source("dapr-contract 5.2")]
    public async Task Without_reentrancy_an_actor_that_calls_itself_waits_for_ever()
    {
        var id = NewKey();
        using var client = new HttpClient();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var waiting = client.PutAsync(new Uri($"{B.SidecarHttp}{Path(id, "method/self")}"), new StringContent("{}"), patience.Token);

        // Once the caller gives up the turn is free, and who waits in it may be served: so it is looked at before.
        await RecordedAsync("conf-a", id, 1, Method("self"));
        Assert.DoesNotContain(await RecordedInSilenceAsync("conf-a", id, 2), record => Method("echo")(record));
        Assert.False(waiting.IsCompleted);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    [Source("daprd:pkg/actors/targets/app/app.go"), Source("dapr-contract 5.2")]
    public async Task An_idle_actor_is_deactivated()
    {
        var id = NewKey();
        (await CallAsync(id, "echo", "{}", "IdleActor")).Is(200);

        var deactivated = (await RecordedAsync("conf-a", id, 1, record => record.Method == "DELETE"))[0];

        Assert.Equal($"/actors/IdleActor/{id}", deactivated.Path);
    }

    [Theory]
    [InlineData("500", 500, 3), InlineData("500,200", 200, 2), InlineData("200", 200, 1), InlineData("slow:2000,200", 200, 2)]
    [Source("daprd:pkg/actors/router/router.go"), Source("daprd:pkg/actors/targets/app/transport/http/http.go"), Source("dapr-contract 7.3")]
    public async Task A_policy_repeats_errors_and_what_took_too_long_until_its_breaker_opens(string answers, int status, int attempts)
    {
        var id = NewKey();

        (await CallAsync(id, "script", new { key = id, answers = answers.Split(',') }, "GuardedActor")).Is(status);

        Assert.Equal(attempts, (await RecordedInSilenceAsync("conf-a", id, attempts + 1, record => record.Method == "PUT")).Count);
    }
}
