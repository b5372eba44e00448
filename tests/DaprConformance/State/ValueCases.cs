using System.Text.Json;
using Dapr.Client;
using Grpc.Core;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.State;

/// <summary>What goes in comes out.</summary>
public sealed class ValueCases(ConformanceSystem system) : StateCases(system)
{
    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("daprd:pkg/api/grpc/grpc.go"), Source("daprd:pkg/api/http/http.go")]
    public async Task A_saved_value_is_read_with_its_etag(string store, string api)
    {
        var key = NewKey();

        Assert.Equal(Outcome.Done, await Api(api).SaveAsync(store, key, """{"a":1,"b":["x",null,true]}"""));

        var value = await Api(api).GetAsync(store, key);
        // state.redis writes the keys of an object in any order.
        Assert.True(JsonElement.DeepEquals(JsonElement.Parse("""{"a":1,"b":["x",null,true]}"""), JsonElement.Parse(value.Json)), value.Json);
        Assert.NotEmpty(value.ETag);
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("dapr-contract 2.2"), Source("dapr-contract 2.3")]
    public async Task A_missing_key_is_nothing_and_no_error(string store, string api) =>
        Assert.Equal(new StateValue("", ""), await Api(api).GetAsync(store, NewKey()));

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("daprd:pkg/api/grpc/grpc.go"), Source("daprd:pkg/api/http/http.go")]
    public async Task A_deleted_key_is_gone_and_deleting_it_again_is_no_error(string store, string api)
    {
        var key = NewKey();
        await Api(api).SaveAsync(store, key, "1");

        Assert.Equal(Outcome.Done, await Api(api).DeleteAsync(store, key));
        Assert.Equal(Outcome.Done, await Api(api).DeleteAsync(store, key));

        Assert.Equal("", (await Api(api).GetAsync(store, key)).Json);
    }

    [Theory, MemberData(nameof(StoresAndApis))]
    [Source("daprd:pkg/api/grpc/grpc.go"), Source("daprd:pkg/api/http/http.go")]
    public async Task A_bulk_get_answers_every_key_found_or_not(string store, string api)
    {
        var (first, second, missing) = (NewKey(), NewKey(), NewKey());
        await Api(api).SaveAsync(store, first, "\"one\"");
        await Api(api).SaveAsync(store, second, "2");

        var values = (await Api(api).GetManyAsync(store, [first, second, missing])).ToDictionary();

        Assert.Equal(3, values.Count);
        Assert.Equal(("\"one\"", "2", ""), (values[first].Json, values[second].Json, values[missing].Json));
        Assert.NotEmpty(values[first].ETag);
    }

    [Theory]
    [InlineData("state"), InlineData("state-mysql"), InlineData("state-memory")]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task Over_HTTP_a_number_goes_through_float64(string store)
    {
        var key = NewKey();

        await Api(Http).SaveAsync(store, key, """{"id":9007199254740993}""");

        Assert.Equal("""{"id":9007199254740992}""", (await Api(Http).GetAsync(store, key)).Json);
    }

    [Theory]
    [InlineData("state"), InlineData("state-mysql"), InlineData("state-memory")]
    [Source("daprd:pkg/api/grpc/grpc.go")]
    public async Task Over_gRPC_bytes_are_bytes(string store)
    {
        var key = NewKey();

        await Api(Sdk).SaveAsync(store, key, """{ "id" : 9007199254740993 }""");

        Assert.Equal("""{ "id" : 9007199254740993 }""", (await Api(Sdk).GetAsync(store, key)).Json);
    }

    [Theory]
    [InlineData("state"), InlineData("state-mysql"), InlineData("state-memory")]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task Over_HTTP_keys_of_an_object_are_sorted(string store)
    {
        Assert.SkipWhen(IsRedis(store), "state.redis writes them in any order");
        var key = NewKey();

        await Api(Http).SaveAsync(store, key, """{"b":1, "a":2}""");

        Assert.Equal("""{"a":2,"b":1}""", (await Api(Http).GetAsync(store, key)).Json);
    }

    [Theory]
    [InlineData("state"), InlineData("state-mysql"), InlineData("state-memory")]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task A_save_without_a_value_saves_null(string store)
    {
        var key = NewKey();

        (await A.SendAsync("POST", $"/v1.0/state/{store}", $$"""[{"key":"{{key}}"}]""")).Is(204);

        Assert.Equal("null", (await Api(Http).GetAsync(store, key)).Json);
    }

    [Fact]
    [Source("SDK:Dapr.Client.DaprClientGrpc"), Source("dapr-contract 1.2")]
    public async Task The_SDK_reads_back_what_it_saved_as_an_object()
    {
        var key = NewKey();
        await A.Dapr.SaveStateAsync("state", key, new Person("Ann", 7), cancellationToken: Token);

        Assert.Equal(new Person("Ann", 7), await A.Dapr.GetStateAsync<Person>("state", key, cancellationToken: Token));
        Assert.Null(await A.Dapr.GetStateAsync<Person>("state", NewKey(), cancellationToken: Token));
    }

    [Theory]
    [InlineData("state"), InlineData("state-mysql"), InlineData("state-memory")]
    [Source("daprd:pkg/api/grpc/grpc.go"), Source("cc:state/bulk.go")]
    public async Task Many_are_saved_and_deleted_in_one_call(string store)
    {
        string[] keys = [.. Enumerable.Range(0, 12).Select(_ => NewKey())];

        await A.Dapr.SaveBulkStateAsync(store, [.. keys.Select(key => new SaveStateItem<string>(key, key, null!))], Token);
        Assert.All(await Api(Sdk).GetManyAsync(store, keys), item => Assert.Equal($"\"{item.Key}\"", item.Value.Json));

        await A.Dapr.DeleteBulkStateAsync(store, [.. keys.Select(key => new BulkDeleteStateItem(key, null!))], Token);
        Assert.All(await Api(Sdk).GetManyAsync(store, keys), item => Assert.Equal("", item.Value.Json));
    }

    [Fact]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task An_empty_list_is_saved_and_read_without_asking_the_store()
    {
        (await A.SendAsync("POST", "/v1.0/state/state", "[]")).Is(204);
        Assert.Equal("[]", (await A.SendAsync("POST", "/v1.0/state/state/bulk", """{"keys":[]}""")).Is(200).Body.Trim());
    }

    [Theory, InlineData("POST"), InlineData("PUT")]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task Saving_and_asking_take_POST_and_PUT(string verb)
    {
        var key = NewKey();

        (await A.SendAsync(verb, "/v1.0/state/state", $$"""[{"key":"{{key}}","value":1}]""")).Is(204);

        Assert.Equal("1", (await A.SendAsync(verb, "/v1.0/state/state/bulk", new { keys = new[] { key } })).Is(200).Json[0].GetProperty("data").GetRawText());
    }

    [Fact]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task A_key_travels_escaped_in_a_path()
    {
        var key = $"{NewKey()}/a b?c&ä";
        await Api(Sdk).SaveAsync("state", key, "1");

        Assert.Equal("1", (await Api(Http).GetAsync("state", key)).Json);
    }

    [Theory]
    [InlineData("GET", "/v1.0/state/nowhere/k", null)]
    [InlineData("POST", "/v1.0/state/nowhere", "[]")]
    [InlineData("DELETE", "/v1.0/state/nowhere/k", null)]
    [InlineData("POST", "/v1.0/state/nowhere/bulk", "{}")]
    [InlineData("POST", "/v1.0/state/nowhere/transaction", "{}")]
    [Source("daprd:pkg/api/errors/state.go")]
    public async Task An_unknown_store_is_400_over_HTTP(string verb, string path, string? body)
    {
        var answer = (await A.SendAsync(verb, path, body)).Is(400, "ERR_STATE_STORE_NOT_FOUND");
        Assert.Equal("state store nowhere is not found", answer.Json.GetProperty("message").GetString());
    }

    [Fact]
    [Source("daprd:pkg/api/errors/state.go")]
    public async Task An_unknown_store_is_InvalidArgument_over_gRPC()
    {
        var error = await RefusedAsync(StatusCode.InvalidArgument, () => A.Dapr.GetStateAsync<string>("nowhere", "k", cancellationToken: Token));
        Assert.Equal("state store nowhere is not found", error.Status.Detail);
    }

    [Theory]
    [InlineData("""[{"value":1}]""", "ERR_MALFORMED_REQUEST")]
    [InlineData("""[{"key":"","value":1}]""", "ERR_MALFORMED_REQUEST")]
    [InlineData("{", "ERR_MALFORMED_REQUEST")]
    [InlineData("""{"key":"k"}""", "ERR_MALFORMED_REQUEST")]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task A_malformed_save_is_400(string body, string code) => (await A.SendAsync("POST", "/v1.0/state/state", body)).Is(400, code);

    [Fact]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task A_malformed_bulk_get_is_400() => (await A.SendAsync("POST", "/v1.0/state/state/bulk", "[1")).Is(400, "ERR_MALFORMED_REQUEST");

    [Fact]
    [Source("daprd:pkg/api/grpc/grpc.go"), Source("dapr-contract 2.2")]
    public async Task An_empty_key_is_InvalidArgument_over_gRPC() =>
        Assert.Equal(Outcome.Invalid, await SaveItemAsync(""));

    [Theory, InlineData(Sdk), InlineData(Http)]
    [Source("daprd:pkg/components/state/state_config.go")]
    public async Task A_key_with_the_separator_is_refused(string api) =>
        Assert.Equal(Outcome.Invalid, await Api(api).SaveAsync("state", $"{NewKey()}||x", "1"));

    [Fact]
    [Source("daprd:pkg/components/state/state_config.go")]
    public async Task Reading_a_key_with_the_separator_is_400() => (await A.GetAsync("/v1.0/state/state/a%7C%7Cb")).Is(400, "ERR_MALFORMED_REQUEST");

    [Theory]
    [InlineData("state"), InlineData("state-mysql"), InlineData("state-memory")]
    [Source("cc:state/requests.go"), Source("cc:state/request_options.go")]
    public async Task Unknown_words_for_options_are_refused_by_the_component(string store)
    {
        var key = NewKey();

        var answer = await A.SendAsync("POST", $"/v1.0/state/{store}", $$$"""[{"key":"{{{key}}}","value":1,"options":{"concurrency":"sometimes"}}]""");

        answer.Is(500, "ERR_STATE_SAVE");
    }

    [Theory]
    [InlineData(ConsistencyMode.Eventual, Sdk), InlineData(ConsistencyMode.Strong, Sdk), InlineData(ConsistencyMode.Eventual, Http), InlineData(ConsistencyMode.Strong, Http)]
    [Source("cc:state/redis/redis.go")]
    public async Task Both_consistencies_are_taken(ConsistencyMode consistency, string api)
    {
        var key = NewKey();

        Assert.Equal(Outcome.Done, await Api(api).SaveAsync("state", key, "1", new Terms(Consistency: consistency)));

        Assert.Equal("1", (await A.GetAsync($"/v1.0/state/state/{key}?consistency={(consistency == ConsistencyMode.Strong ? "strong" : "eventual")}")).Is(200).Body);
    }

    [Theory, InlineData("state"), InlineData("state-mysql"), InlineData("state-memory")]
    [Source("daprd:pkg/api/http/http.go")]
    public async Task Querying_is_for_stores_that_can(string store)
    {
        var answer = await A.SendAsync("POST", $"/v1.0-alpha1/state/{store}/query", """{"filter":{"EQ":{"a":1}}}""");
        Assert.True(answer.Status is 500 or 404, $"{answer.Status}: {answer.Body}");
    }

    private async Task<Outcome> SaveItemAsync(string key)
    {
        var error = await RefusedAsync(
            StatusCode.InvalidArgument, () => A.Dapr.SaveBulkStateAsync("state", [new SaveStateItem<int>(key, 1, null!)], Token));
        Assert.Contains("empty", error.Status.Detail, StringComparison.Ordinal);
        return Outcome.Invalid;
    }

    private sealed record Person(string Name, int Age);
}
