using ImDapr.LoadTests.Clients;
using ImDapr.LoadTests.Reports;

namespace ImDapr.LoadTests.Modes;

/// <summary>A few seconds of direct messages, then of users who were away, on one system: to see that everything works, not how fast.</summary>
internal static class QuickMode
{
    private const int Talkers = 20, Away = 10, Senders = 10;

    public static async Task<IReadOnlyList<LoadReport>> RunAsync(CancellationToken cancellationToken)
    {
        var clients = new ClientOptions();
        var direct = new DirectOptions(Talkers, 1, 2, null, 100, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(4), clients);
        var offline = new OfflineOptions(Away, 20, Senders, 20, 100, clients);
        const int users = Talkers + Away + Senders;
        await using var session = await Session.StartAsync(clients, users, users, new Dictionary<string, string>(), cancellationToken);
        var devices = session.Crowd.Devices;
        return
        [
            await DirectMode.RunAsync("quick-direct", session, devices[..Talkers], direct, cancellationToken),
            await OfflineMode.RunAsync("quick-offline", session, devices[Talkers..(Talkers + Away)], devices[(Talkers + Away)..], offline, cancellationToken),
        ];
    }
}
