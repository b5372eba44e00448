using System.Text.Json;
using ImDapr.ConnectionService.Delivery;
using ImDapr.Contracts;
using ImDapr.UnitTests.LocalDapr.Actors;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class OrderedPushesTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(25);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000));
    private readonly PushOrder _order = new();
    private readonly OrderedPushes _pushes;

    public OrderedPushesTests() => _pushes = new OrderedPushes(_time);

    public Task InitializeAsync()
    {
        _order.Synced(0, "e1");
        return _pushes.StartAsync(CancellationToken.None);
    }

    public Task DisposeAsync() => _pushes.StopAsync(CancellationToken.None);

    public void Dispose() => _pushes.Dispose();

    [Fact]
    public async Task What_overtook_something_is_written_with_it()
    {
        var written = new List<long>();

        await PushAsync(written, 2);
        await PushAsync(written, 3);
        Assert.Empty(written);
        await PushAsync(written, 1);

        Assert.Equal([1, 2, 3], written);
    }

    [Fact]
    public async Task What_misses_something_is_written_without_it_after_a_moment()
    {
        var written = new TaskCompletionSource<IReadOnlyList<long>>();
        var begun = _time.GetUtcNow();

        await _pushes.Push(_order, [Entry(2), Entry(3)], entries =>
        {
            written.SetResult([.. entries.Select(entry => entry.Position)]);
            return Task.CompletedTask;
        });

        Assert.Equal([2, 3], await _time.AdvanceUntilAsync(written.Task, Step));
        Assert.True(_time.GetUtcNow() - begun >= TimeSpan.FromMilliseconds(100));
        Assert.Equal(0, _order.HeldSince);
    }

    [Fact]
    public async Task Whoever_pushes_waits_for_the_write()
    {
        var written = new TaskCompletionSource();

        var push = _pushes.Push(_order, [Entry(1)], _ => written.Task);
        Assert.False(push.IsCompleted);
        written.SetResult();

        await push;
    }

    private Task PushAsync(List<long> written, long position) => _pushes.Push(_order, [Entry(position)], entries =>
    {
        written.AddRange(entries.Select(entry => entry.Position));
        return Task.CompletedTask;
    });

    private static InboxEntry Entry(long position) =>
        new(position, new Message("g:one", position, "ann", "d1", $"{position}", MessageTypes.Text, JsonElement.Parse("{}"), null, null, 0));
}
