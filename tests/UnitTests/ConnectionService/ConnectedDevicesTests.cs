using ImDapr.ConnectionService.Presence;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class ConnectedDevicesTests
{
    private static readonly HashSet<string> BothNodes = ["n1", "n2"];
    private static readonly HashSet<string> OnlyNode2 = ["n2"];

    private static ConnectedDevices AnnOnTwo => new ConnectedDevices(null)
        .With("phone", Device("n1", "ios", "c1"), BothNodes)
        .With("desk", Device("n2", "web", "c2"), BothNodes);

    [Fact]
    public void Nobody_is_online_without_devices()
    {
        var presence = new ConnectedDevices(null).ToPresence("ann", BothNodes);

        Assert.False(presence.Online);
        Assert.Empty(presence.Devices);
    }

    [Fact]
    public void Platforms_stand_once_and_in_order()
    {
        var devices = AnnOnTwo.With("tablet", Device("n2", "ios", "c3"), BothNodes);

        Assert.Equal(["ios", "web"], devices.ToPresence("ann", BothNodes).Devices);
    }

    [Fact]
    public void A_device_of_a_dead_node_is_offline_and_goes_with_the_next_write()
    {
        var seen = AnnOnTwo.ToPresence("ann", OnlyNode2);
        var written = AnnOnTwo.With("tablet", Device("n2", "android", "c3"), OnlyNode2);

        Assert.Equal(["web"], seen.Devices);
        Assert.Equal(["desk", "tablet"], written.ById.Keys.Order());
    }

    [Fact]
    public void A_newer_connection_of_a_device_takes_its_place_and_survives_the_end_of_the_older()
    {
        var replaced = AnnOnTwo.With("phone", Device("n2", "ios", "c9"), BothNodes);

        var afterEndOfOlder = replaced.Without("phone", "c1", BothNodes);

        Assert.False(replaced.Holds("phone", "c1"));
        Assert.Equal("c9", afterEndOfOlder.ById["phone"].ConnectionId);
    }

    [Fact]
    public void The_last_device_that_leaves_turns_its_user_offline()
    {
        var gone = AnnOnTwo.Without("phone", "c1", BothNodes).Without("desk", "c2", BothNodes);

        Assert.False(gone.ToPresence("ann", BothNodes).Online);
        Assert.Empty(gone.ById);
    }

    private static ConnectedDevice Device(string node, string platform, string connectionId) => new(node, platform, 1, connectionId);
}
