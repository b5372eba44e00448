using ImDapr.Contracts;
using ImDapr.MessageService.Inbox;

namespace ImDapr.UnitTests.MessageService;

public sealed class DevicesTests
{
    private readonly Devices _devices = new([]);

    [Fact]
    public void The_same_device_connecting_twice_replaces_the_older_connection()
    {
        Assert.Null(_devices.Open(Session("phone", "c1")));

        Assert.Equal("c1", _devices.Open(Session("phone", "c2"))!.ConnectionId);
        Assert.Null(_devices.Open(Session("laptop", "c3")));
    }

    [Fact]
    public void The_end_of_a_replaced_connection_does_not_end_the_newer_one()
    {
        _devices.Open(Session("phone", "c1"));
        _devices.Open(Session("phone", "c2"));

        Assert.False(_devices.Close(Session("phone", "c1")));
        Assert.True(_devices.AnyOnline);
        Assert.True(_devices.Close(Session("phone", "c2")));
        Assert.False(_devices.AnyOnline);
    }

    [Fact]
    public void A_cursor_only_rises_and_the_slowest_device_decides()
    {
        _devices.Open(Session("phone", "c1"));
        _devices.Open(Session("laptop", "c2"));

        Assert.True(_devices.Acknowledge("phone", 10));
        Assert.False(_devices.Acknowledge("phone", 7));
        Assert.Equal(0, _devices.SmallestCursor);
        Assert.True(_devices.Acknowledge("laptop", 4));
        Assert.Equal(4, _devices.SmallestCursor);
    }

    [Fact]
    public void What_is_written_is_read_again_and_holds_no_number()
    {
        _devices.Open(Session("phone", "c1"));
        _devices.Acknowledge("phone", long.MaxValue);

        var text = _devices.Write();
        var read = Devices.Read(text);

        // daprd reads numbers of actor state as doubles: 9223372036854775807 would come back as another position.
        Assert.Contains("\"9223372036854775807\"", text);
        Assert.Equal(long.MaxValue, read.ById["phone"].Cursor);
        Assert.Equal("c1", read.ById["phone"].ConnectionId);
    }

    private static DeviceSession Session(string deviceId, string connectionId) => new(deviceId, "web", connectionId, "node");
}
