using ImDapr.Contracts;
using ImDapr.UserService.Contacts;

namespace ImDapr.UnitTests.UserService;

public sealed class ContactRulesTests
{
    private static readonly ContactPairState Strangers = ContactPairState.Strangers("bob", "ann");
    private static readonly ContactPairState AnnAsks = Strangers with { State = ContactPairState.Requested, RequesterId = "ann", Version = 1 };
    private static readonly ContactPairState Contacts = Strangers with { State = ContactPairState.Accepted, Version = 2 };
    private static readonly ContactOptions Options = new() { MaxContacts = 3, MaxPendingRequests = 2 };

    [Fact]
    public void Both_see_the_same_pair() => Assert.Equal(Strangers, ContactPairState.Strangers("ann", "bob"));

    [Fact]
    public void A_first_ask_is_a_request_with_its_note() =>
        Assert.Equivalent(
            new RelationChanged(RelationKinds.Contact, "ann:bob", 1, RelationActions.Requested, "bob", ["ann"], "hi"),
            ContactRules.Ask(Strangers, "bob", "ann", "hi"), strict: true);

    [Fact]
    public void Asking_who_has_asked_is_to_accept()
    {
        var change = ContactRules.Ask(AnnAsks, "bob", "ann", "hi");

        Assert.Equivalent(new RelationChanged(RelationKinds.Contact, "ann:bob", 2, RelationActions.Accepted, "bob", ["ann"]), change, strict: true);
    }

    [Fact]
    public void Asking_again_changes_nothing()
    {
        Assert.Null(ContactRules.Ask(AnnAsks, "ann", "bob", "again"));
        Assert.Null(ContactRules.Ask(Contacts, "ann", "bob", null));
        Assert.Null(ContactRules.Ask(Contacts, "bob", "ann", null));
    }

    [Fact]
    public void Ending_is_named_after_what_was_there()
    {
        Assert.Equal(RelationActions.Cancelled, ContactRules.End(AnnAsks, "ann", "bob")?.Action);
        Assert.Equal(RelationActions.Refused, ContactRules.End(AnnAsks, "bob", "ann")?.Action);
        Assert.Equal(RelationActions.Removed, ContactRules.End(Contacts, "ann", "bob")?.Action);
        Assert.Null(ContactRules.End(Strangers, "ann", "bob"));
    }

    [Fact]
    public void A_full_list_neither_asks_nor_accepts()
    {
        var (full, some) = (new ContactCounts(3, 0), new ContactCounts(2, 1));

        Assert.Equal(ErrorCodes.Conflict, ContactRules.CheckRoom(RelationActions.Requested, full, some, Options)?.Code);
        Assert.Equal(ErrorCodes.Conflict, ContactRules.CheckRoom(RelationActions.Accepted, full, some, Options)?.Code);
        Assert.Equal(ErrorCodes.Conflict, ContactRules.CheckRoom(RelationActions.Accepted, some, full, Options)?.Code);
        Assert.Null(ContactRules.CheckRoom(RelationActions.Requested, some, full, Options));
        Assert.Null(ContactRules.CheckRoom(RelationActions.Accepted, some, some, Options));
    }

    [Fact]
    public void Unanswered_requests_are_limited_and_acceptances_are_not()
    {
        var waiting = new ContactCounts(0, 2);

        Assert.Equal(ErrorCodes.Conflict, ContactRules.CheckRoom(RelationActions.Requested, waiting, waiting, Options)?.Code);
        Assert.Null(ContactRules.CheckRoom(RelationActions.Accepted, waiting, waiting, Options));
    }
}
