using System.Globalization;
using ImDapr.LoadTests.Clients;
using ImDapr.LoadTests.Measuring;
using ImDapr.LoadTests.Reports;
using ImDapr.LoadTests.Systems;

namespace ImDapr.LoadTests.Modes;

/// <summary>What <see cref="GroupMode"/> is asked for.</summary>
/// <param name="Size">Members of each group.</param>
/// <param name="Groups">How many groups there are.</param>
/// <param name="Online">Members of each group who are connected.</param>
/// <param name="Senders">Connected members of each group who write.</param>
/// <param name="Window">Messages on their way, of each sender, in the closed loop.</param>
/// <param name="Rate">Messages a second over all senders; null for the closed loop.</param>
/// <param name="IsTimeline">Read as a timeline whatever the size.</param>
/// <param name="Bytes">Of the text.</param>
/// <param name="WarmUp">Before anything is measured.</param>
/// <param name="Time">That is measured.</param>
/// <param name="Clients">How they behave.</param>
internal sealed record GroupOptions(
    int Size, int Groups, int Online, int Senders, int Window, double? Rate, bool IsTimeline, int Bytes, TimeSpan WarmUp, TimeSpan Time, ClientOptions Clients)
{
    public IReadOnlyDictionary<string, string> Describe() => new Dictionary<string, string>
    {
        ["groups"] = string.Create(CultureInfo.InvariantCulture, $"{Groups} of {Size} members, {Online} of each connected, {Senders} of each writing"),
        ["fan-out"] = IsTimeline ? "timeline (FanOut__Group=Timeline)" : "as configured: inboxes, a timeline from 200 members on",
        ["load"] = Rate is { } rate
            ? string.Create(CultureInfo.InvariantCulture, $"open loop, {rate:0} messages/s over all")
            : $"closed loop, {Window} messages on their way for each sender",
        ["text"] = $"{Bytes} bytes",
        ["cursors"] = Clients.Describe(),
    };
}

/// <summary>Some members of groups write, everybody who is connected reads.</summary>
internal static class GroupMode
{
    public static async Task<LoadReport> RunAsync(string name, GroupOptions options, CancellationToken cancellationToken)
    {
        var settings = options.IsTimeline ? new Dictionary<string, string> { ["FanOut__Group"] = "Timeline" } : [];
        await using var session = await Session.StartAsync(
            options.Clients, options.Groups * options.Size, options.Groups * options.Online, settings, cancellationToken);
        await CreateAsync(session, options, cancellationToken);
        session.Connect(session.Crowd.Devices, cancellationToken);
        var stop = Start(session, [.. session.Crowd.Devices.Where(device => device.Outbox.Targets.Count > 0)], options);
        var window = await session.MeasureAsync(options.WarmUp, options.Time, cancellationToken);
        stop();
        var outcome = session.Settle(cancellationToken);
        return new LoadReport { Name = name, Settings = options.Describe(), Window = window, Outcome = outcome };
    }

    private static async Task CreateAsync(Session session, GroupOptions options, CancellationToken cancellationToken)
    {
        using var groups = new Groups(session.System);
        var text = Texts.Of(options.Bytes);
        var away = options.Size - options.Online;
        for (var group = 0; group < options.Groups; group++)
        {
            var online = session.Crowd.Devices.GetRange(group * options.Online, options.Online);
            var firstAway = (options.Groups * options.Online) + (group * away);
            var others = online.Skip(1).Select(device => device.UserId).Concat(Enumerable.Range(firstAway, away).Select(Accounts.IdOf)).ToArray();
            var id = await groups.CreateAsync(online[0], others, cancellationToken);
            var conversation = session.Crowd.Conversations.Add(id, online);
            foreach (var sender in online.Take(options.Senders))
                sender.Outbox.Targets.Add(Target.Group(conversation, text));
        }
        await session.IdleAsync(cancellationToken);
        Progress.Say($"{options.Groups} groups of {options.Size} stand");
    }

    private static Action Start(Session session, IReadOnlyList<Device> senders, GroupOptions options)
    {
        if (options.Rate is { } rate)
        {
            var open = new OpenLoop(session.Loop, senders, rate);
            session.Crowd.Traffic = open;
            open.Start();
            return open.Stop;
        }
        var closed = new ClosedLoop(session.Loop, senders, options.Window);
        session.Crowd.Traffic = closed;
        closed.Start(options.WarmUp / 2);
        return closed.Stop;
    }
}
