using ImDapr.ConnectionService.Presence;
using ImDapr.ServiceDefaults.Observability;
using ImDapr.UnitTests.MessageService.Entities;
using ImDapr.UnitTests.ServiceDefaults.Observability;
using Microsoft.Extensions.Options;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class PresenceStoreTests(StoreSidecar sidecar) : IClassFixture<StoreSidecar>
{
    [Fact]
    public async Task A_change_that_another_node_overtook_is_made_on_what_that_one_wrote_and_counted_as_a_conflict()
    {
        using var conflicts = CounterWatch.OfCaller(MetricNames.StateConflicts, "presence");
        var store = new PresenceStore(sidecar.Dapr, Options.Create(new PresenceOptions()));
        var user = Guid.NewGuid().ToString("N");
        await store.ChangeAsync(user, devices => With(devices, "phone"), CancellationToken.None);
        Assert.Equal(0, conflicts.Rise);
        var tries = 0;

        var changed = await store.ChangeAsync(
            user,
            async devices =>
            {
                if (tries++ == 0)
                    await store.ChangeAsync(user, others => With(others, "desk"), CancellationToken.None);
                return await With(devices, "browser");
            },
            CancellationToken.None);

        Assert.Equal(["browser", "desk", "phone"], changed!.ById.Keys.Order());
        Assert.Equal(1, conflicts.Rise);
    }

    private static Task<ConnectedDevices?> With(ConnectedDevices devices, string deviceId) => Task.FromResult<ConnectedDevices?>(
        devices.With(deviceId, new ConnectedDevice("n1", "web", 0, $"c-{deviceId}"), new HashSet<string> { "n1" }));
}
