using System.Text;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Servers;
using ImDapr.LocalDapr.Bindings;
using ImDapr.LocalDapr.Resources;
using ImDapr.UnitTests.LocalDapr;
using Microsoft.Extensions.Logging.Abstractions;
using StackExchange.Redis;

namespace ImDapr.IntegrationTests.LocalDapr.Bindings;

[Collection(ComponentServers.Collection)]
public sealed class RedisBindingTests(ComponentServers servers) : IAsyncLifetime
{
    private readonly string _key = $"key-{Guid.NewGuid():N}";
    private ConnectionMultiplexer _redis = null!;
    private IOutputBinding _binding = null!;

    private IDatabase Redis => _redis.GetDatabase();

    public async Task InitializeAsync()
    {
        _redis = await ConnectionMultiplexer.ConnectAsync(servers.RedisHost);
        _binding = Create(servers.RedisHost);
        await _binding.InitAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _binding.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task What_was_created_is_a_plain_key_of_just_those_bytes()
    {
        byte[] data = [0, 1, 255];

        Assert.Null((await InvokeAsync("create", data)).Data);

        Assert.Equal(data, (byte[]?)await Redis.StringGetAsync(_key));
        Assert.Equal(data, (await InvokeAsync("get")).Data);
    }

    [Fact]
    public async Task A_missing_key_is_data_of_no_bytes() => Assert.Empty((await InvokeAsync("get")).Data!);

    [Theory]
    [InlineData("true", false)]
    [InlineData("TRUE", true)]
    public async Task Get_can_delete(string delete, bool stays)
    {
        await InvokeAsync("create", [1]);

        Assert.Equal(1, Assert.Single((await InvokeAsync("get", null, ("delete", delete))).Data!));

        Assert.Equal(stays, await Redis.KeyExistsAsync(_key));
    }

    [Fact]
    public async Task Deleting_returns_nothing_whether_there_was_something_or_not()
    {
        await InvokeAsync("create", [1]);

        Assert.Null((await InvokeAsync("delete")).Data);
        Assert.Null((await InvokeAsync("delete")).Data);

        Assert.False(await Redis.KeyExistsAsync(_key));
    }

    [Fact]
    public async Task Increment_counts_and_tells_nobody()
    {
        Assert.Null((await InvokeAsync("increment")).Data);
        Assert.Null((await InvokeAsync("increment", "ignored"u8.ToArray())).Data);

        Assert.Equal("2", Encoding.UTF8.GetString((await InvokeAsync("get")).Data!));
    }

    [Fact]
    public async Task What_is_no_number_cannot_be_incremented()
    {
        await InvokeAsync("create", "text"u8.ToArray());

        var error = await Assert.ThrowsAsync<BindingException>(() => InvokeAsync("increment"));

        Assert.Equal("ERR value is not an integer or out of range", error.Message);
    }

    [Theory]
    [InlineData("create", "ttlInSeconds", "100")]
    [InlineData("increment", "ttlInSeconds", "100")]
    [InlineData("create", "TTL", "1m40s")]
    [InlineData("increment", "ttl", "100500ms")]
    public async Task A_time_to_live_ends_the_key(string operation, string name, string value)
    {
        await InvokeAsync(operation, "1"u8.ToArray(), (name, value));

        Assert.InRange((await Redis.KeyTimeToLiveAsync(_key))!.Value.TotalSeconds, 80, 100);
    }

    [Fact]
    public async Task A_new_value_without_a_time_to_live_stays_for_ever_and_a_count_keeps_the_one_it_had()
    {
        await InvokeAsync("create", "1"u8.ToArray(), ("ttlInSeconds", "100"));
        await InvokeAsync("increment");
        Assert.NotNull(await Redis.KeyTimeToLiveAsync(_key));

        await InvokeAsync("create", "1"u8.ToArray());

        Assert.Null(await Redis.KeyTimeToLiveAsync(_key));
    }

    [Theory]
    [InlineData("-5", "ttl value must be higher than zero: actual is '-5'")]
    [InlineData("soon", "ttl value must be a valid integer: actual is 'soon'")]
    public async Task A_time_to_live_that_cannot_be_read_fails_a_call_that_has_written(string ttl, string message)
    {
        var error = await Assert.ThrowsAsync<BindingException>(() => InvokeAsync("create", [1], ("ttlInSeconds", ttl)));

        Assert.Equal(message, error.Message);
        Assert.True(await Redis.KeyExistsAsync(_key));
    }

    [Theory]
    [InlineData("500ms")]
    [InlineData("-5s")]
    [InlineData("0")]
    public async Task A_time_to_live_of_less_than_a_second_is_none(string ttl)
    {
        await InvokeAsync("create", [1], ("ttlInSeconds", ttl));

        Assert.False(await Redis.KeyExistsAsync(_key));
    }

    [Fact]
    public async Task Every_operation_needs_a_key()
    {
        foreach (var operation in _binding.Operations)
        {
            var error = await Assert.ThrowsAsync<BindingException>(() => InvokeAsync(operation, null, ("key", "")));
            Assert.Equal("redis binding: missing key in request metadata", error.Message);
        }
    }

    [Fact]
    public async Task An_outage_is_an_error_and_ends_by_itself()
    {
        await using var mortal = await PrivateRedis.StartAsync();
        await using var binding = Create(mortal.Host);
        await binding.InitAsync(CancellationToken.None);
        var call = new BindingCall("get", [], new Dictionary<string, string> { ["key"] = _key });

        await mortal.KillAsync();
        await Assert.ThrowsAsync<BindingException>(() => binding.InvokeAsync(call, CancellationToken.None));
        await mortal.StartAgainAsync();

        await Eventually.SucceedsAsync<BindingException>(() => binding.InvokeAsync(call, CancellationToken.None));
    }

    [Fact]
    public async Task A_server_that_is_not_there_names_the_file()
    {
        await using var binding = Create("127.0.0.1:1");

        var error = await Assert.ThrowsAsync<ComponentException>(() => binding.InitAsync(CancellationToken.None));

        Assert.Contains("test.yaml", error.Message);
    }

    private static IOutputBinding Create(string host) => OutputBindings.Create(
        Components.Spec("bindings.redis", "/", ("redisHost", host)), TimeProvider.System, NullLoggerFactory.Instance);

    private Task<BindingResult> InvokeAsync(string operation, byte[]? data = null, params (string Name, string Value)[] metadata)
    {
        var values = new Dictionary<string, string> { ["key"] = _key };
        foreach (var (name, value) in metadata)
            values[name] = value;
        return _binding.InvokeAsync(new BindingCall(operation, data ?? [], values), CancellationToken.None);
    }
}
