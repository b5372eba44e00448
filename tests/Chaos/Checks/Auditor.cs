using System.Diagnostics;
using ImDapr.Chaos.Traffic;

namespace ImDapr.Chaos.Checks;

/// <summary>Holds what devices have shown against what was acknowledged.</summary>
internal sealed class Auditor(Crowd crowd, IEntityCheck entities)
{
    private static readonly TimeSpan ConvergenceLimit = TimeSpan.FromSeconds(90);
    private readonly Dictionary<(string ConversationId, long Seq), string> _bySeq = [];
    private readonly Dictionary<(string SenderId, string ConversationId), Acknowledged> _lastOf = [];
    private int _checked;

    /// <summary>How long the slowest device took to show everything, at the last check.</summary>
    public TimeSpan Convergence { get; private set; }

    /// <summary>Everybody is silent: checks what was acknowledged since the last check.</summary>
    public async Task<Verdict> CheckAsync(IReadOnlyList<string> others, CancellationToken cancellationToken)
    {
        await ConvergeAsync(cancellationToken);
        var acknowledged = crowd.Ledger.Since(_checked);
        _checked += acknowledged.Count;
        var (lost, duplicates, disorders, gaps) = (new List<string>(), new List<string>(), new List<string>(), new List<string>());
        CheckLedger(acknowledged, duplicates, disorders);
        var disagreements = new List<string>();
        foreach (var person in crowd.People)
        {
            lost.AddRange(LostOf(person, acknowledged));
            disagreements.AddRange(DisagreementsOf(person));
            foreach (var screen in person.Screens)
            {
                var faults = screen.TakeFaults();
                duplicates.AddRange(faults.Duplicates);
                disorders.AddRange(faults.Disorders);
                gaps.AddRange(faults.Gaps);
            }
        }
        gaps.AddRange(await entities.GapsAsync(cancellationToken));
        lost.AddRange(await entities.MissingAsync(acknowledged, cancellationToken));
        return new Verdict(lost, duplicates, disorders, gaps, disagreements, others);
    }

    /// <summary>Until every device has shown the head of every conversation of its user, or the time is up: then the check says what is missing.</summary>
    private async Task ConvergeAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ConvergenceLimit);
        var heads = crowd.Ledger.Heads();
        var all = from person in crowd.People
                  from screen in person.Screens
                  from conversationId in person.Conversations
                  select screen.ReachedAsync(conversationId, Math.Max(heads.GetValueOrDefault(conversationId), HighestOf(person, conversationId)), limit.Token);
        await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        Convergence = clock.Elapsed;
    }

    // What was stored and not acknowledged is nobody's right, but whoever sees it sees it on all devices.
    private static long HighestOf(Person person, string conversationId) => person.Screens.Max(screen => screen.Head(conversationId));

    private void CheckLedger(IReadOnlyList<Acknowledged> acknowledged, List<string> duplicates, List<string> disorders)
    {
        foreach (var message in acknowledged)
        {
            if (!_bySeq.TryAdd((message.ConversationId, message.Seq), message.ClientMessageId))
                duplicates.Add($"{message.ConversationId}/{message.Seq} was acknowledged as {message.ClientMessageId} and as {_bySeq[(message.ConversationId, message.Seq)]}");
            if (message.Number == Acknowledged.Unordered)
                continue;
            // A person writes one message after the other: the ledger has them in this order.
            var sender = (message.SenderId, message.ConversationId);
            if (_lastOf.TryGetValue(sender, out var last) && last.Number < message.Number && last.Seq > message.Seq)
                disorders.Add($"{message.ClientMessageId} was written after {last.ClientMessageId} and stored before it: {message.ConversationId}/{message.Seq}");
            _lastOf[sender] = message;
        }
    }

    private static IEnumerable<string> LostOf(Person person, IReadOnlyList<Acknowledged> acknowledged)
    {
        foreach (var conversation in acknowledged.Where(message => person.Conversations.Contains(message.ConversationId)).GroupBy(message => message.ConversationId))
        {
            foreach (var screen in person.Screens)
            {
                var shown = screen.Conversation(conversation.Key).ToDictionary(message => message.Seq, message => message.ClientMessageId);
                foreach (var message in conversation.Where(message => shown.GetValueOrDefault(message.Seq) != message.ClientMessageId))
                    yield return $"{screen.Name} has not shown {message.ConversationId}/{message.Seq} ({message.ClientMessageId}) but {shown.GetValueOrDefault(message.Seq, "nothing")}; its head is {screen.Head(message.ConversationId)}";
            }
        }
    }

    private static IEnumerable<string> DisagreementsOf(Person person)
    {
        var first = person.Screens.First();
        foreach (var conversationId in person.Conversations)
        {
            var expected = first.Conversation(conversationId);
            foreach (var screen in person.Screens.Skip(1).Where(screen => !screen.Conversation(conversationId).SequenceEqual(expected)))
                yield return $"{screen.Name} and {first.Name} differ in {conversationId}: {screen.Conversation(conversationId).Count} and {expected.Count} messages";
        }
    }
}
