using System.Globalization;
using ImDapr.Contracts;
using ImDapr.LoadTests.Clients;
using ImDapr.LoadTests.Reports;

namespace ImDapr.LoadTests.Modes;

/// <summary>What <see cref="DirectMode"/> is asked for.</summary>
/// <param name="Users">An even number.</param>
/// <param name="Peers">Others to whom each user talks.</param>
/// <param name="Window">Messages on their way, of each user, in the closed loop.</param>
/// <param name="Rate">Messages a second over all users; null for the closed loop.</param>
/// <param name="Bytes">Of the text.</param>
/// <param name="WarmUp">Before anything is measured.</param>
/// <param name="Time">That is measured.</param>
/// <param name="Clients">How they behave.</param>
internal sealed record DirectOptions(int Users, int Peers, int Window, double? Rate, int Bytes, TimeSpan WarmUp, TimeSpan Time, ClientOptions Clients)
{
    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>
    {
        ["users"] = string.Create(CultureInfo.InvariantCulture, $"{Users}, each with one device and {Peers} peer(s)"),
        ["load"] = Rate is { } rate
            ? string.Create(CultureInfo.InvariantCulture, $"open loop, {rate:0} messages/s over all, latencies from when a message was due")
            : $"closed loop, {Window} messages on their way for each user",
        ["text"] = $"{Bytes} bytes",
        ["cursors"] = Clients.Describe(),
    };
}

/// <summary>Users talk to each other in pairs that chance has made.</summary>
internal static class DirectMode
{
    public static async Task<LoadReport> RunAsync(string name, DirectOptions options, CancellationToken cancellationToken)
    {
        await using var session = await Session.StartAsync(options.Clients, options.Users, options.Users, new Dictionary<string, string>(), cancellationToken);
        return await RunAsync(name, session, session.Crowd.Devices, options, cancellationToken);
    }

    /// <summary>With these devices of a session, which are not connected yet.</summary>
    public static async Task<LoadReport> RunAsync(
        string name, Session session, IReadOnlyList<Device> devices, DirectOptions options, CancellationToken cancellationToken)
    {
        Pair(session.Crowd, devices, options);
        session.Connect(devices, cancellationToken);
        var stop = Start(session, devices, options);
        var window = await session.MeasureAsync(options.WarmUp, options.Time, cancellationToken);
        stop();
        var outcome = session.Settle(cancellationToken);
        return new LoadReport { Name = name, Settings = options.Describe(), Window = window, Outcome = outcome };
    }

    private static Action Start(Session session, IReadOnlyList<Device> devices, DirectOptions options)
    {
        if (options.Rate is { } rate)
        {
            var open = new OpenLoop(session.Loop, Shuffled(devices), rate);
            session.Crowd.Traffic = open;
            open.Start();
            return open.Stop;
        }
        var closed = new ClosedLoop(session.Loop, devices, options.Window);
        session.Crowd.Traffic = closed;
        closed.Start(options.WarmUp / 2);
        return closed.Stop;
    }

    private static void Pair(Crowd crowd, IReadOnlyList<Device> devices, DirectOptions options)
    {
        var text = Texts.Of(options.Bytes);
        for (var round = 0; round < options.Peers; round++)
        {
            foreach (var pair in Shuffled(devices).Chunk(2))
                Pair(crowd, pair[0], pair[1], text);
        }
    }

    private static void Pair(Crowd crowd, Device one, Device other, string text)
    {
        var id = ConversationId.Direct(one.UserId, other.UserId);
        if (crowd.Conversations.Contains(id))
            return; // chance has paired them before
        var conversation = crowd.Conversations.Add(id, [one, other]);
        one.Outbox.Targets.Add(Target.User(conversation, other.UserId, text));
        other.Outbox.Targets.Add(Target.User(conversation, one.UserId, text));
    }

    private static Device[] Shuffled(IEnumerable<Device> devices)
    {
        var all = devices.ToArray();
        Random.Shared.Shuffle(all);
        return all;
    }
}

/// <summary>What is written.</summary>
internal static class Texts
{
    private const string Letters = "abcdefghijklmnopqrstuvwxyz     ";

    /// <summary>Letters and spaces, so many bytes.</summary>
    public static string Of(int bytes) => string.Concat(Enumerable.Range(0, bytes).Select(_ => Letters[Random.Shared.Next(Letters.Length)]));
}
