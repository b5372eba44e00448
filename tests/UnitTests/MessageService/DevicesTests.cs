using ImDapr.Contracts;
using ImDapr.MessageService.Inbox;

namespace ImDapr.UnitTests.MessageService;

public sealed class DevicesTests
{
    private const long Now = 1_800_000_000_000;
    private static readonly long Day = (long)TimeSpan.FromDays(1).TotalMilliseconds;
    private static readonly SessionsOptions AnyNumber = new();
    private readonly Devices _devices = new();

    [Fact]
    public void The_same_device_connecting_twice_replaces_the_older_connection()
    {
        Assert.Null(Open("phone", "c1").Replaced);

        Assert.Equal("c1", Open("phone", "c2").Replaced!.ConnectionId);
        Assert.Null(Open("phone", "c2").Replaced); // repeated by Dapr
        Assert.Null(Open("laptop", "c3").Replaced);
    }

    [Fact]
    public void The_end_of_a_replaced_connection_does_not_end_the_newer_one()
    {
        Open("phone", "c1");
        Open("phone", "c2");

        _devices.Close(Session("phone", "c1"));
        Assert.NotEmpty(_devices.OnlineNodes);
        _devices.Close(Session("phone", "c2"));
        Assert.Empty(_devices.OnlineNodes);
    }

    [Fact]
    public void Any_number_of_devices_may_be_online_together_unless_the_policy_says_otherwise()
    {
        Open("phone", "c1", "ios");

        Assert.Null(Open("tablet", "c2", "android").Excluded);
        Assert.Null(Open("desk", "c3", "desktop").Excluded);
    }

    [Fact]
    public void Of_platforms_that_exclude_each_other_the_newest_device_stays()
    {
        var onePhone = new SessionsOptions { Exclusive = [["ios", "android"], ["web"]] };
        Open("phone", "c1", "ios", onePhone);
        Open("desk", "c2", "desktop", onePhone);
        Open("browser", "c3", "web", onePhone);

        var excluded = Open("other", "c4", "android", onePhone).Excluded;

        Assert.Equal(Session("phone", "c1", "ios"), Assert.Single(excluded!));
        Assert.Equal(["browser", "desk", "other"], _devices.ById.Where(device => device.Value.ConnectionId is not null).Select(device => device.Key).Order());
        Assert.Null(Open("other", "c4", "android", onePhone).Excluded); // repeated by Dapr
        Assert.Equal("c3", Assert.Single(Open("browser2", "c5", "web", onePhone).Excluded!).ConnectionId);
    }

    [Fact]
    public void A_policy_of_unknown_platforms_is_refused()
    {
        var policy = new SessionsOptions { Exclusive = [["ios", "phone"]] };

        Assert.Contains("phone", Assert.Single(policy.Validate(new(policy))).ErrorMessage);
    }

    [Fact]
    public void A_cursor_only_rises_and_the_slowest_device_decides()
    {
        Open("phone", "c1");
        Open("laptop", "c2");

        Acknowledge("phone", 10);
        Acknowledge("phone", 7);
        Assert.Equal((0, 10), (_devices.SmallestCursor, _devices.LargestCursor));
        Acknowledge("laptop", 4);
        Assert.Equal((4, 10), (_devices.SmallestCursor, _devices.LargestCursor));
    }

    [Fact]
    public void A_signed_out_device_holds_nothing_any_more()
    {
        Open("phone", "c1");
        Open("laptop", "c2");
        Acknowledge("phone", 10);

        _devices.Drop("laptop");

        Assert.Equal(10, _devices.SmallestCursor);
        _devices.Saved();
        _devices.Drop("laptop");
        Assert.False(_devices.IsChanged);
    }

    [Fact]
    public void A_device_that_stays_away_holds_nothing_any_more_and_may_come_back()
    {
        _devices.Acknowledge("phone", "ios", 5, Now - (31 * Day));
        _devices.Acknowledge("laptop", "desktop", 20, Now);

        _devices.DropUnseenSince(Now - (30 * Day));
        Assert.Equal(20, _devices.SmallestCursor);

        _devices.Seen("phone", "ios", Now);
        Assert.Equal(0, _devices.SmallestCursor);
    }

    [Fact]
    public void That_a_device_was_seen_is_saved_once_an_hour_at_most()
    {
        _devices.Seen("phone", "ios", Now);
        _devices.Saved();

        _devices.Seen("phone", "ios", Now + TimeSpan.FromMinutes(59).Ticks / TimeSpan.TicksPerMillisecond);
        Assert.False(_devices.IsChanged);
        _devices.Seen("phone", "ios", Now + TimeSpan.FromMinutes(61).Ticks / TimeSpan.TicksPerMillisecond);
        Assert.True(_devices.IsChanged);
    }

    [Fact]
    public void In_another_epoch_every_device_starts_over()
    {
        _devices.Enter("first");
        Acknowledge("phone", 10);
        _devices.Settle(10, 10);

        _devices.Enter("first");
        Assert.Equal((10, 10), (_devices.SmallestCursor, _devices.Released));
        _devices.Enter("second");
        Assert.Equal((0, 0, 0), (_devices.SmallestCursor, _devices.Released, _devices.Delivered));
    }

    [Fact]
    public void Of_too_many_devices_the_one_goes_that_was_not_seen_for_longest()
    {
        for (var i = 0; i <= Devices.Most; i++)
            _devices.Seen($"d{i}", "web", Now + i);

        Assert.Equal(Devices.Most, _devices.ById.Count);
        Assert.DoesNotContain("d0", _devices.ById.Keys);
    }

    [Fact]
    public void What_is_written_is_read_again()
    {
        _devices.Enter("epoch");
        Open("phone", "c1");
        Acknowledge("phone", long.MaxValue);
        _devices.Settle(3, 4);

        var read = Devices.Read(_devices.Write());
        read.Enter("epoch");

        Assert.Equal(_devices.ById["phone"], read.ById["phone"]);
        Assert.Equal((long.MaxValue, 3, 4), (read.SmallestCursor, read.Released, read.Delivered));
    }

    private SessionOpened Open(string deviceId, string connectionId, string platform = "web", SessionsOptions? policy = null) =>
        _devices.Open(Session(deviceId, connectionId, platform), policy ?? AnyNumber, Now);

    private void Acknowledge(string deviceId, long position) => _devices.Acknowledge(deviceId, "web", position, Now);

    private static DeviceSession Session(string deviceId, string connectionId, string platform = "web") => new(deviceId, platform, connectionId, "node");
}
