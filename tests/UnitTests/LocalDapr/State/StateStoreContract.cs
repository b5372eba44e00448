using ImDapr.LocalDapr.State;

namespace ImDapr.UnitTests.LocalDapr.State;

/// <summary>What every state store promises.</summary>
public abstract class StateStoreContract : IAsyncLifetime
{
    private static readonly CancellationToken None = CancellationToken.None;

    protected IStateStore Store { get; private set; } = null!;

    /// <summary>Keys of this test alone: a server may be shared.</summary>
    protected string Key { get; } = $"app||{Guid.NewGuid():N}";

    protected abstract IStateStore Create();

    public virtual async Task InitializeAsync()
    {
        Store = Create();
        await Store.InitAsync(None);
    }

    public virtual async Task DisposeAsync() => await Store.DisposeAsync();

    protected static StateWrite Set(
        string key, string value, string? etag = null, StateConcurrency concurrency = StateConcurrency.Unspecified, int? ttl = null) =>
        new(key, System.Text.Encoding.UTF8.GetBytes(value), etag, concurrency, ttl);

    protected static StateWrite Delete(string key, string? etag = null) => new(key, null, etag, StateConcurrency.Unspecified, null);

    protected async Task<string?> ValueAsync(string key) =>
        await Store.GetAsync(key, None) is { } entry ? System.Text.Encoding.UTF8.GetString(entry.Value) : null;

    protected async Task<string> WriteAsync(string key, string value)
    {
        await Store.WriteAsync(Set(key, value), None);
        return (await Store.GetAsync(key, None))!.ETag;
    }

    [Fact]
    public async Task A_missing_key_is_null() => Assert.Null(await Store.GetAsync(Key, None));

    [Theory]
    [InlineData(0)]
    [InlineData(256)]
    [InlineData(300_000)]
    public async Task Bytes_come_back_as_saved(int length)
    {
        var value = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();

        await Store.WriteAsync(new StateWrite(Key, value, null, StateConcurrency.Unspecified, null), None);

        Assert.Equal(value, (await Store.GetAsync(Key, None))!.Value);
    }

    [Fact]
    public async Task Every_write_changes_the_etag()
    {
        var first = await WriteAsync(Key, "same");
        var second = await WriteAsync(Key, "same");

        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task The_current_etag_writes_and_an_old_one_does_not()
    {
        var old = await WriteAsync(Key, "a");
        await Store.WriteAsync(Set(Key, "b", old), None);

        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Set(Key, "c", old), None));
        Assert.Equal("b", await ValueAsync(Key));
    }

    [Fact]
    public async Task The_current_etag_deletes_and_an_old_one_does_not()
    {
        var old = await WriteAsync(Key, "a");
        var current = await WriteAsync(Key, "b");

        await Assert.ThrowsAsync<ETagMismatchException>(() => Store.WriteAsync(Delete(Key, old), None));
        Assert.Equal("b", await ValueAsync(Key));
        await Store.WriteAsync(Delete(Key, current), None);
        Assert.Null(await ValueAsync(Key));
    }

    [Fact]
    public async Task Deleting_what_is_not_there_is_no_error()
    {
        await Store.WriteAsync(Delete(Key), None);

        Assert.Null(await ValueAsync(Key));
    }

    [Fact]
    public async Task The_first_of_two_first_writes_wins()
    {
        await Store.WriteAsync(Set(Key, "a", concurrency: StateConcurrency.FirstWrite), None);

        await Assert.ThrowsAnyAsync<Exception>(() => Store.WriteAsync(Set(Key, "b", concurrency: StateConcurrency.FirstWrite), None));
        Assert.Equal("a", await ValueAsync(Key));
    }

    [Fact]
    public async Task Of_many_writers_with_the_same_etag_one_wins()
    {
        var etag = await WriteAsync(Key, "start");

        var won = await Task.WhenAll(Enumerable.Range(0, 64).Select(writer => Task.Run(() => WinsAsync(Set(Key, $"{writer}", etag)))));

        Assert.Single(won, true);
        Assert.Equal($"{Array.IndexOf(won, true)}", await ValueAsync(Key));
    }

    [Fact]
    public async Task Many_writers_in_parallel_are_all_kept()
    {
        await Task.WhenAll(Enumerable.Range(0, 64).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
                await Store.WriteAsync(Set($"{Key}-{writer}-{i}", $"{writer}-{i}"), None);
        })));

        for (var writer = 0; writer < 64; writer++)
        {
            for (var i = 0; i < 20; i++)
                Assert.Equal($"{writer}-{i}", await ValueAsync($"{Key}-{writer}-{i}"));
        }
    }

    [Fact]
    public async Task A_transaction_applies_all_its_operations()
    {
        await WriteAsync($"{Key}-gone", "x");

        await Store.TransactAsync([Set($"{Key}-a", "1"), Set($"{Key}-b", "2"), Delete($"{Key}-gone")], None);

        Assert.Equal(("1", "2", null), (await ValueAsync($"{Key}-a"), await ValueAsync($"{Key}-b"), await ValueAsync($"{Key}-gone")));
    }

    [Fact]
    public async Task A_transaction_with_an_old_etag_fails()
    {
        var old = await WriteAsync(Key, "a");
        await WriteAsync(Key, "b");

        await Assert.ThrowsAnyAsync<Exception>(() => Store.TransactAsync([Set(Key, "c", old)], None));
        Assert.Equal("b", await ValueAsync(Key));
    }

    private async Task<bool> WinsAsync(StateWrite write)
    {
        try
        {
            await Store.WriteAsync(write, None);
            return true;
        }
        catch (ETagMismatchException)
        {
            return false;
        }
    }
}
