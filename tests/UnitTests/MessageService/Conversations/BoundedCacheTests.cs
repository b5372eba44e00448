using ImDapr.MessageService.Conversations;

namespace ImDapr.UnitTests.MessageService.Conversations;

public sealed class BoundedCacheTests : IDisposable
{
    private readonly BoundedCache<string> _cache = new(1_000, TimeSpan.FromMinutes(1));

    [Fact]
    public void What_was_read_is_remembered_until_it_is_removed()
    {
        _cache.Set("a", "1", _cache.BeginRead());
        Assert.Equal("1", _cache.Get("a"));

        _cache.Remove("a");
        Assert.Null(_cache.Get("a"));

        _cache.Set("a", "2", _cache.BeginRead());
        Assert.Equal("2", _cache.Get("a"));
    }

    [Fact]
    public void What_was_read_before_a_removal_is_not_remembered_after_it()
    {
        var early = _cache.BeginRead();
        _cache.Remove("a");
        var late = _cache.BeginRead();

        _cache.Set("a", "old", early);
        Assert.Null(_cache.Get("a"));

        _cache.Set("a", "new", late);
        _cache.Set("a", "old", early);
        Assert.Equal("new", _cache.Get("a"));
    }

    [Fact]
    public void A_removal_concerns_few_other_keys()
    {
        var early = _cache.BeginRead();
        _cache.Remove("a");

        foreach (var i in Enumerable.Range(0, 100))
            _cache.Set($"key{i}", "1", early);

        Assert.InRange(Enumerable.Range(0, 100).Count(i => _cache.Contains($"key{i}")), 90, 100);
    }

    public void Dispose() => _cache.Dispose();
}
