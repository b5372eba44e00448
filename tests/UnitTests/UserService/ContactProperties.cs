using FsCheck.Xunit;
using ImDapr.Contracts;
using ImDapr.UserService.Contacts;

namespace ImDapr.UnitTests.UserService;

/// <summary>Two users ask and end as they like, and processes die after a claim: what is kept and told is what a model says, each version once.</summary>
public sealed class ContactProperties : IAsyncLifetime
{
    private static readonly CancellationToken Token = CancellationToken.None;
    private RelationSystem _system = null!;
    private int _cases;

    public async Task InitializeAsync() => _system = await RelationSystem.StartAsync();

    public async Task DisposeAsync() => await _system.DisposeAsync();

    [Property(MaxTest = 20)]
    public async Task What_is_kept_and_told_is_what_happened(Step[] steps)
    {
        var (a, b) = ($"a{++_cases}", $"b{_cases}");
        await _system.AddUsersAsync([a, b]);
        var model = new Model(a, b);

        foreach (var step in steps)
        {
            var (user, other) = step.ByFirst ? (a, b) : (b, a);
            var seen = await _system.Contacts.FindAsync(a, b, Token);
            var change = step.Asks ? ContactRules.Ask(seen, user, other, null) : ContactRules.End(seen, user, other);
            model.Do(user, step);
            if (step.Dies && change is not null)
                await _system.Contacts.ClaimAsync(change, Token);
            else if (step.Asks)
                Assert.Null(await _system.ContactChanges.AskAsync(user, other, null, Token));
            else
                await _system.ContactChanges.EndAsync(user, other, Token);
            Assert.Equal(model.State, (await _system.Contacts.FindAsync(a, b, Token)).SeenBy(a));
        }
        await _system.FinishAsync();

        Assert.Equal(model.StateAtLast, (await _system.Contacts.FindAsync(a, b, Token)).SeenBy(a));
        Assert.Equal(model.Happened, await _system.ActionsAsync($"{a}:{b}", model.Happened.Count));
    }

    public sealed record Step(bool ByFirst, bool Asks, bool Dies);

    /// <summary>A change that was only claimed happens before the next one, and at the end at last.</summary>
    private sealed class Model(string first, string second)
    {
        private (string Action, string? Next)? _claimed;

        public string? State { get; private set; }

        public string? StateAtLast => _claimed is { } claimed ? claimed.Next : State;

        public List<string> Happened { get; } = [];

        public void Do(string user, Step step)
        {
            if (Judge(user, step) is null)
                return;
            if (_claimed is { } before)
            {
                // Who dies claims nothing here: the version is taken.
                if (step.Dies)
                    return;
                (State, _claimed) = (before.Next, null);
            }
            if (Judge(user, step) is not { } change)
                return;
            Happened.Add(change.Action);
            if (step.Dies)
                _claimed = change;
            else
                State = change.Next;
        }

        private (string Action, string? Next)? Judge(string user, Step step)
        {
            var mine = user == first ? ContactStates.Outgoing : ContactStates.Incoming;
            if (step.Asks)
                return State is null ? (RelationActions.Requested, mine) : State == Other(mine) ? (RelationActions.Accepted, ContactStates.Accepted) : null;
            return State switch
            {
                null => null,
                ContactStates.Accepted => (RelationActions.Removed, null),
                _ => (State == mine ? RelationActions.Cancelled : RelationActions.Refused, null),
            };
        }

        private static string Other(string state) => state == ContactStates.Outgoing ? ContactStates.Incoming : ContactStates.Outgoing;

        public override string ToString() => $"{first} and {second}: {string.Join(", ", Happened)}";
    }
}
