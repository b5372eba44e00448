using ImDapr.Contracts;

namespace ImDapr.UnitTests.UserService;

public sealed class ContactStoreTests
{
    private static readonly CancellationToken Token = CancellationToken.None;

    [Fact]
    public async Task Only_who_accepted_is_a_contact_whichever_way_it_is_asked()
    {
        await using var system = await RelationSystem.StartAsync("ann", "bob", "carl");
        await system.ContactChanges.AskAsync("ann", "bob", null, Token);
        await system.ContactChanges.AskAsync("bob", "ann", null, Token);
        await system.ContactChanges.AskAsync("ann", "carl", null, Token);

        var answer = await system.Contacts.AcceptedAsync([new("ann", "bob"), new("carl", "ann"), new("bob", "ann"), new("ann", "ann")], Token);

        Assert.Equal([new("ann", "bob"), new ContactPair("bob", "ann")], answer);
    }

    [Fact]
    public async Task More_pairs_than_one_statement_holds_are_asked_in_several()
    {
        await using var system = await RelationSystem.StartAsync("ann", "bob");
        await system.ContactChanges.AskAsync("ann", "bob", null, Token);
        await system.ContactChanges.AskAsync("bob", "ann", null, Token);
        var strangers = Enumerable.Range(0, 1_000).Select(i => new ContactPair("ann", $"user{i}"));

        Assert.Equal([new ContactPair("bob", "ann")], await system.Contacts.AcceptedAsync([.. strangers, new("bob", "ann")], Token));
    }

    [Fact]
    public async Task Counts_are_of_contacts_and_of_ones_own_requests()
    {
        await using var system = await RelationSystem.StartAsync("bob", "ann", "carl", "dora", "emil");
        await system.ContactChanges.AskAsync("bob", "ann", null, Token);
        await system.ContactChanges.AskAsync("ann", "bob", null, Token);
        await system.ContactChanges.AskAsync("bob", "carl", null, Token);
        await system.ContactChanges.AskAsync("bob", "dora", null, Token);
        await system.ContactChanges.AskAsync("emil", "bob", null, Token);

        var counts = await system.Contacts.CountAsync("bob", Token);

        Assert.Equal((1, 2), (counts.Accepted, counts.Outgoing));
    }

    [Fact]
    public async Task Beyond_the_limit_nobody_is_asked()
    {
        await using var system = await RelationSystem.StartAsync("ann", "bob", "carl");
        system.ContactLimits(maxContacts: 5, maxPendingRequests: 1);

        var first = await system.ContactChanges.AskAsync("ann", "bob", null, Token);
        var second = await system.ContactChanges.AskAsync("ann", "carl", null, Token);

        Assert.Equal((null, ErrorCodes.Conflict), (first?.Code, second?.Code));
        Assert.Null((await system.Contacts.FindAsync("ann", "carl", Token)).SeenBy("ann"));
    }
}
