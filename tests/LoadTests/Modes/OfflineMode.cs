using System.Diagnostics;
using ImDapr.Contracts;
using ImDapr.LoadTests.Clients;
using ImDapr.LoadTests.Measuring;
using ImDapr.LoadTests.Reports;

namespace ImDapr.LoadTests.Modes;

/// <summary>What <see cref="OfflineMode"/> is asked for.</summary>
/// <param name="Users">Who are away.</param>
/// <param name="Messages">That each of them gets meanwhile.</param>
/// <param name="Senders">Who write to them.</param>
/// <param name="Window">Messages on their way, of each sender.</param>
/// <param name="Bytes">Of the text.</param>
/// <param name="Clients">How they behave.</param>
internal sealed record OfflineOptions(int Users, int Messages, int Senders, int Window, int Bytes, ClientOptions Clients)
{
    /// <summary>Conversations of each user who is away.</summary>
    public int Peers => Math.Min(Senders, Messages % 4 == 0 ? 4 : Messages % 2 == 0 ? 2 : 1);

    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>
    {
        ["away"] = $"{Users} users, {Messages} messages for each, from {Peers} of {Senders} senders with {Window} on their way",
        ["text"] = $"{Bytes} bytes",
        ["cursors"] = "of those who come back: with every page",
    };
}

/// <summary>Users are away, get messages, and all come back at once.</summary>
internal static class OfflineMode
{
    public const string UntilAll = "s until all had all";
    private static readonly TimeSpan SendLimit = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan SyncLimit = TimeSpan.FromMinutes(10);

    public static async Task<LoadReport> RunAsync(string name, OfflineOptions options, CancellationToken cancellationToken)
    {
        var users = options.Users + options.Senders;
        await using var session = await Session.StartAsync(options.Clients, users, users, new Dictionary<string, string>(), cancellationToken);
        return await RunAsync(name, session, session.Crowd.Devices[..options.Users], session.Crowd.Devices[options.Users..], options, cancellationToken);
    }

    /// <summary>With these devices of a session, which are not connected yet.</summary>
    public static async Task<LoadReport> RunAsync(
        string name, Session session, List<Device> away, List<Device> senders, OfflineOptions options, CancellationToken cancellationToken)
    {
        Pair(session.Crowd, away, senders, options);
        session.Connect(senders, cancellationToken);
        var sending = await SendAsync(session, senders, options, cancellationToken);
        var (window, seconds) = await SyncAsync(session, away, options, cancellationToken);
        return new LoadReport
        {
            Name = name,
            Settings = options.Describe(),
            Window = window,
            Outcome = session.Settle(cancellationToken),
            Figures = new Dictionary<string, double>
            {
                [UntilAll] = seconds,
                ["entries/s while syncing"] = (double)options.Users * options.Messages / seconds,
                ["messages/s while sending"] = (double)options.Users * options.Messages / sending,
            },
        };
    }

    private static void Pair(Crowd crowd, List<Device> away, List<Device> senders, OfflineOptions options)
    {
        var text = Texts.Of(options.Bytes);
        for (var i = 0; i < away.Count; i++)
        {
            away[i].AcknowledgesPages = true;
            for (var peer = 0; peer < options.Peers; peer++)
            {
                var sender = senders[((i * options.Peers) + peer) % senders.Count];
                var conversation = crowd.Conversations.Add(ConversationId.Direct(sender.UserId, away[i].UserId), [sender, away[i]]);
                sender.Outbox.Targets.Add(Target.User(conversation, away[i].UserId, text));
            }
        }
    }

    /// <returns>Seconds.</returns>
    private static async Task<double> SendAsync(Session session, List<Device> senders, OfflineOptions options, CancellationToken cancellationToken)
    {
        var each = options.Messages / options.Peers;
        var traffic = new QuotaLoop(senders.Where(sender => sender.Outbox.Targets.Count > 0).ToDictionary(sender => sender, sender => sender.Outbox.Targets.Count * each), options.Window);
        session.Crowd.Traffic = traffic;
        using var progress = session.Loop.Every(TimeSpan.FromSeconds(5), _ => Progress.Say($"{traffic.Left} of {options.Users * options.Messages} messages left to send"));
        var start = Stopwatch.GetTimestamp();
        traffic.Start();
        if (!session.Loop.RunUntil(() => traffic.Left == 0 && session.Crowd.Pending == 0, SendLimit, cancellationToken))
            throw new TimeoutException($"{traffic.Left} messages were not sent within {SendLimit.TotalMinutes:0} minutes");
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        await session.IdleAsync(cancellationToken);
        return seconds;
    }

    private static async Task<(WindowResult Window, double Seconds)> SyncAsync(Session session, List<Device> away, OfflineOptions options, CancellationToken cancellationToken)
    {
        Progress.Say($"{away.Count} users come back at once");
        session.Crowd.MostOpening = away.Count;
        var window = await session.BeginUntimedAsync(cancellationToken);
        var start = Stopwatch.GetTimestamp();
        session.Crowd.Open(away);
        session.Loop.RunUntil(() => away.TrueForAll(device => device.IsLive && device.ShownMessages >= options.Messages), SyncLimit, cancellationToken);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return (await window.EndAsync(cancellationToken), seconds);
    }
}
