using ImDapr.Contracts;
using ImDapr.MessageService.Receipts;

namespace ImDapr.UnitTests.MessageService.Inboxes;

public sealed class ReceiptStoreTests : IAsyncLifetime
{
    private InboxSystem _system = null!;

    private ReceiptStore Store => new(_system.Shards);

    public async Task InitializeAsync()
    {
        _system = await InboxSystem.StartAsync();
        foreach (var userId in new[] { "ann", "bob" })
        {
            await _system.MemberAsync(userId, "g:one");
            await _system.MemberAsync(userId, "g:two");
        }
    }

    public async Task DisposeAsync() => await _system.DisposeAsync();

    [Fact]
    public async Task Many_delivered_marks_rise_at_once_and_none_ever_falls()
    {
        await RaiseAsync(new("ann", "g:one", 5, true), new("bob", "g:two", 9_007_199_254_740_993, true));
        await Store.RaiseDeliveredAsync([new("g:one", "ann", 0, 3)], CancellationToken.None); // another instance was slower

        var rising = await Store.RisingAsync([new("ann", "g:one", 4, true), new("bob", "g:one", 2, true), new("eve", "g:one", 1, true)], CancellationToken.None);

        Assert.Equal(new Receipt("g:one", "bob", 0, 2), Assert.Single(rising));
        Assert.Equal([new("g:one", "ann", 0, 5), new("g:one", "bob", 0, 0)], (await Store.OfConversationAsync("g:one", 2, CancellationToken.None))!);
        Assert.Equal(9_007_199_254_740_993, (await Store.OfConversationAsync("g:two", 2, CancellationToken.None))![1].DeliveredSeq);
    }

    [Fact]
    public async Task What_is_read_is_delivered_and_a_read_mark_only_rises()
    {
        await RaiseAsync(new DeliveredMark("ann", "g:one", 5, true));

        Assert.Equal(new Receipt("g:one", "ann", 3, 5), await Store.RaiseReadAsync("ann", "g:one", 3, CancellationToken.None));
        Assert.Equal(new Receipt("g:one", "ann", 7, 7), await Store.RaiseReadAsync("ann", "g:one", 7, CancellationToken.None));
        Assert.Null(await Store.RaiseReadAsync("ann", "g:one", 6, CancellationToken.None));
    }

    [Fact]
    public async Task Of_too_many_members_there_are_no_receipts() =>
        Assert.Null(await Store.OfConversationAsync("g:one", 1, CancellationToken.None));

    private async Task RaiseAsync(params DeliveredMark[] marks) =>
        await Store.RaiseDeliveredAsync(await Store.RisingAsync(marks, CancellationToken.None), CancellationToken.None);
}
