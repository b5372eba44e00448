using ImDapr.ServiceDefaults.Limiting;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.ServiceDefaults;

public sealed class TokenBucketTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void A_burst_passes_and_then_the_rate()
    {
        var bucket = new TokenBucket(new Rate(PerSecond: 10, Burst: 3), _time);

        var taken = Enumerable.Range(0, 5).Select(_ => bucket.Take()).ToArray();
        _time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Equal([TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromMilliseconds(100), TimeSpan.FromMilliseconds(100)], taken);
        Assert.Equal(TimeSpan.Zero, bucket.Take());
        Assert.NotEqual(TimeSpan.Zero, bucket.Take());
    }

    [Fact]
    public void The_hint_is_when_the_next_one_passes()
    {
        var bucket = new TokenBucket(new Rate(PerSecond: 4, Burst: 1), _time);
        bucket.Take();

        _time.Advance(TimeSpan.FromMilliseconds(100));
        var hint = bucket.Take();
        _time.Advance(hint);

        Assert.Equal(TimeSpan.FromMilliseconds(150), hint);
        Assert.Equal(TimeSpan.Zero, bucket.Take());
    }

    [Fact]
    public void A_pause_saves_up_no_more_than_the_burst()
    {
        var bucket = new TokenBucket(new Rate(PerSecond: 10, Burst: 2), _time);

        _time.Advance(TimeSpan.FromHours(1));

        Assert.Equal(2, Enumerable.Range(0, 10).Count(_ => bucket.Take() == TimeSpan.Zero));
    }

    [Fact]
    public void One_key_does_not_limit_another()
    {
        var buckets = new TokenBuckets(new Rate(PerSecond: 1, Burst: 1), _time);

        Assert.Equal(TimeSpan.Zero, buckets.Take("ann"));
        Assert.NotEqual(TimeSpan.Zero, buckets.Take("ann"));
        Assert.Equal(TimeSpan.Zero, buckets.Take("bob"));
    }

    [Fact]
    public void A_rate_of_zero_limits_nothing_and_remembers_nothing()
    {
        var buckets = new TokenBuckets(new Rate(PerSecond: 0, Burst: 1), _time);

        Assert.All(Enumerable.Range(0, 100), _ => Assert.Equal(TimeSpan.Zero, buckets.Take("ann")));
        Assert.Equal(0, buckets.Count);
    }

    [Fact]
    public void Who_comes_no_more_is_forgotten_and_who_is_limited_is_not()
    {
        var buckets = new TokenBuckets(new Rate(PerSecond: 1, Burst: 2), _time);
        for (var i = 0; i < 50; i++)
            buckets.Take($"user {i}");
        _time.Advance(TimeSpan.FromSeconds(1.9)); // all are full again but who begins now
        buckets.Take("ann");
        buckets.Take("ann");

        _time.Advance(TimeSpan.FromSeconds(0.2));
        Assert.NotEqual(TimeSpan.Zero, buckets.Take("ann"));

        Assert.Equal(1, buckets.Count);
    }

    [Fact]
    public void However_many_keys_come_no_more_than_the_capacity_are_held()
    {
        var buckets = new TokenBuckets(new Rate(PerSecond: 0.001, Burst: 5), _time, capacity: 100);

        var most = Enumerable.Range(0, 10_000).Max(i =>
        {
            buckets.Take($"{i}");
            return buckets.Count;
        });

        Assert.Equal(100, most);
    }
}
