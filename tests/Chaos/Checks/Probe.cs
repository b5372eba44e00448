using System.Diagnostics;
using ImDapr.Chaos.Traffic;

namespace ImDapr.Chaos.Checks;

/// <summary>Measures how long after a fault messages flow again.</summary>
internal static class Probe
{
    private static readonly Talk Short = new(TimeSpan.Zero, 1, IsAlone: false);

    /// <summary>From now until one new message of each of some people has been acknowledged and shown by the one it was written to.</summary>
    /// <returns>At most <paramref name="limit"/>.</returns>
    public static async Task<TimeSpan> ResumedAsync(Crowd crowd, TimeSpan limit, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        end.CancelAfter(limit);
        var pairs = crowd.People.Where((_, i) => i % 6 == 0).Select(person => (From: person, To: crowd.People[(Array.IndexOf(crowd.People, person) + 1) % crowd.People.Length]));
        await Task.WhenAll(pairs.Select(pair => SendAsync(crowd, pair.From, pair.To, end.Token))).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        return clock.Elapsed;
    }

    /// <summary>How long such messages take now, the slowest of some rounds.</summary>
    public static async Task<TimeSpan> NormalAsync(Crowd crowd, TimeSpan limit, CancellationToken cancellationToken)
    {
        var slowest = TimeSpan.Zero;
        for (var round = 0; round < 3; round++)
        {
            var took = await ResumedAsync(crowd, limit, cancellationToken);
            slowest = took > slowest ? took : slowest;
        }
        return slowest;
    }

    /// <summary>From now until they take no longer than this.</summary>
    /// <returns>At most <paramref name="limit"/>, and the last round.</returns>
    public static async Task<TimeSpan> BackToAsync(Crowd crowd, TimeSpan normal, TimeSpan limit, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < limit && await ResumedAsync(crowd, limit, cancellationToken) > normal)
        {
        }
        return clock.Elapsed;
    }

    private static async Task SendAsync(Crowd crowd, Person from, Person to, CancellationToken cancellationToken)
    {
        var sent = await from.SendAsync(crowd.Ledger, new Addressee(to.Id, null), Short, cancellationToken);
        await to.Devices[0].Screen.ReachedAsync(sent.ConversationId, sent.Seq, cancellationToken);
    }
}
