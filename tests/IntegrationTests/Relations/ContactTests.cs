using System.Net;
using ImDapr.Contracts;
using ImDapr.IntegrationTests.Clients;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.IntegrationTests.Relations;

public abstract class ContactTests(Cluster cluster)
{
    [Fact]
    public async Task A_request_is_accepted_and_both_are_contacts()
    {
        var (ann, bob) = await TwoAsync();

        var asked = await ann.CallAsync<Contact>(HttpMethod.Put, $"api/contacts/{bob.Id}", new ContactRequest("I am Ann 安"));
        var incoming = Assert.Single(await ListAsync(bob));
        var accepted = await bob.CallAsync<Contact>(HttpMethod.Put, $"api/contacts/{ann.Id}");

        Assert.Equal((bob.Id, "bob", ContactStates.Outgoing, "I am Ann 安"), (asked.UserId, asked.DisplayName, asked.State, asked.Note));
        Assert.Equal((ann.Id, "ann", ContactStates.Incoming, "I am Ann 安", asked.Since), (incoming.UserId, incoming.DisplayName, incoming.State, incoming.Note, incoming.Since));
        Assert.Equal((ann.Id, ContactStates.Accepted, null), (accepted.UserId, accepted.State, accepted.Note));
        Assert.Equal((bob.Id, ContactStates.Accepted), Of(Assert.Single(await ListAsync(ann))));
        Assert.Equal((ann.Id, ContactStates.Accepted), Of(Assert.Single(await ListAsync(bob))));
    }

    [Fact]
    public async Task Two_who_ask_each_other_at_once_are_contacts()
    {
        var (ann, bob) = await TwoAsync();

        await Task.WhenAll(
            ann.CallAsync(HttpMethod.Put, $"api/contacts/{bob.Id}"), bob.CallAsync(HttpMethod.Put, $"api/contacts/{ann.Id}"),
            ann.CallAsync(HttpMethod.Put, $"api/contacts/{bob.Id}"), bob.CallAsync(HttpMethod.Put, $"api/contacts/{ann.Id}"));

        Assert.Equal(ContactStates.Accepted, Assert.Single(await ListAsync(ann)).State);
        Assert.Equal(ContactStates.Accepted, Assert.Single(await ListAsync(bob)).State);
    }

    [Fact]
    public async Task Asking_again_changes_nothing()
    {
        var (ann, bob) = await TwoAsync();

        var first = await ann.CallAsync<Contact>(HttpMethod.Put, $"api/contacts/{bob.Id}", new ContactRequest("one"));
        var second = await ann.CallAsync<Contact>(HttpMethod.Put, $"api/contacts/{bob.Id}", new ContactRequest("two"));

        Assert.Equal(first, second);
    }

    [Fact]
    public async Task A_request_is_cancelled_or_refused_and_a_contact_removed_and_asked_again()
    {
        var (ann, bob) = await TwoAsync();
        await ann.CallAsync(HttpMethod.Put, $"api/contacts/{bob.Id}");
        await ann.CallAsync(HttpMethod.Delete, $"api/contacts/{bob.Id}");
        Assert.Empty(await ListAsync(bob));

        await ann.CallAsync(HttpMethod.Put, $"api/contacts/{bob.Id}");
        await bob.CallAsync(HttpMethod.Delete, $"api/contacts/{ann.Id}");
        Assert.Empty(await ListAsync(ann));

        await BecomeContactsAsync(ann, bob);
        await bob.CallAsync(HttpMethod.Delete, $"api/contacts/{ann.Id}");
        await bob.CallAsync(HttpMethod.Delete, $"api/contacts/{ann.Id}");
        Assert.Empty(await ListAsync(ann));

        await bob.CallAsync(HttpMethod.Put, $"api/contacts/{ann.Id}");
        Assert.Equal((bob.Id, ContactStates.Incoming), Of(Assert.Single(await ListAsync(ann))));
    }

    [Fact]
    public async Task Contacts_are_listed_by_state_and_in_pages()
    {
        var ann = await TestUser.RegisterAsync(cluster, "ann");
        var (friend, asking, asked) = (await TestUser.RegisterAsync(cluster, "b"), await TestUser.RegisterAsync(cluster, "z"), await TestUser.RegisterAsync(cluster, "c"));
        await BecomeContactsAsync(ann, friend);
        await asking.CallAsync(HttpMethod.Put, $"api/contacts/{ann.Id}");
        await ann.CallAsync(HttpMethod.Put, $"api/contacts/{asked.Id}");

        Assert.Equal([friend.Id], await IdsAsync(ann, "?state=accepted"));
        Assert.Equal([asking.Id], await IdsAsync(ann, "?state=incoming"));
        Assert.Equal([asked.Id], await IdsAsync(ann, "?state=outgoing"));
        Assert.Equal([friend.Id, asked.Id, asking.Id], await IdsAsync(ann, ""));
        Assert.Equal([friend.Id, asked.Id], await IdsAsync(ann, "?limit=2"));
        Assert.Equal([asking.Id], await IdsAsync(ann, $"?limit=2&after={asked.Id}"));
    }

    [Fact]
    public async Task Who_is_blocked_neither_asks_nor_accepts_and_a_contact_stays_one()
    {
        var (ann, bob) = await TwoAsync();
        await bob.CallAsync(HttpMethod.Put, $"api/blocks/{ann.Id}");
        var asked = await RefusedAsync(ann, HttpMethod.Put, $"api/contacts/{bob.Id}");
        await bob.CallAsync(HttpMethod.Put, $"api/contacts/{ann.Id}");
        var accepted = await RefusedAsync(ann, HttpMethod.Put, $"api/contacts/{bob.Id}");
        await bob.CallAsync(HttpMethod.Delete, $"api/blocks/{ann.Id}");
        await ann.CallAsync(HttpMethod.Put, $"api/contacts/{bob.Id}");
        await bob.CallAsync(HttpMethod.Put, $"api/blocks/{ann.Id}");

        Assert.Equal((HttpStatusCode.Forbidden, ErrorCodes.Blocked), asked);
        Assert.Equal((HttpStatusCode.Forbidden, ErrorCodes.Blocked), accepted);
        Assert.Equal(ContactStates.Accepted, Assert.Single(await ListAsync(bob)).State);
    }

    [Fact]
    public async Task Bad_input_is_refused_with_its_code_and_nothing_is_stored()
    {
        var (ann, bob) = await TwoAsync();

        Assert.Equal((HttpStatusCode.BadRequest, ErrorCodes.InvalidArgument), await RefusedAsync(ann, HttpMethod.Put, $"api/contacts/{ann.Id}"));
        Assert.Equal(
            (HttpStatusCode.BadRequest, ErrorCodes.InvalidArgument),
            await RefusedAsync(ann, HttpMethod.Put, $"api/contacts/{bob.Id}", new ContactRequest(new string('x', Limits.NoteLength + 1))));
        Assert.Equal((HttpStatusCode.BadRequest, ErrorCodes.InvalidArgument), await RefusedAsync(ann, HttpMethod.Put, $"api/contacts/{bob.Id}", new { note = 5 }));
        Assert.Equal((HttpStatusCode.NotFound, ErrorCodes.NotFound), await RefusedAsync(ann, HttpMethod.Put, "api/contacts/nobody-at-all"));
        Assert.Equal((HttpStatusCode.NotFound, ErrorCodes.NotFound), await RefusedAsync(ann, HttpMethod.Put, "api/contacts/bob' OR '1'='1"));
        Assert.Equal((HttpStatusCode.NotFound, ErrorCodes.NotFound), await RefusedAsync(ann, HttpMethod.Delete, "api/contacts/ünïcödé"));
        Assert.Equal((HttpStatusCode.BadRequest, ErrorCodes.InvalidArgument), await RefusedAsync(ann, HttpMethod.Get, "api/contacts?state=friends"));
        Assert.Equal((HttpStatusCode.BadRequest, ErrorCodes.InvalidArgument), await RefusedAsync(ann, HttpMethod.Get, "api/contacts?limit=0"));
        Assert.Equal((HttpStatusCode.BadRequest, ErrorCodes.InvalidArgument), await RefusedAsync(ann, HttpMethod.Get, "api/contacts?limit=many"));
        Assert.Equal((HttpStatusCode.BadRequest, ErrorCodes.InvalidArgument), await RefusedAsync(ann, HttpMethod.Get, "api/contacts?after=a'b"));
        Assert.Empty(await ListAsync(ann));
        Assert.Empty(await ListAsync(bob));
    }

    private async Task<(TestUser Ann, TestUser Bob)> TwoAsync() => (await TestUser.RegisterAsync(cluster, "ann"), await TestUser.RegisterAsync(cluster, "bob"));

    private static async Task BecomeContactsAsync(TestUser one, TestUser other)
    {
        await one.CallAsync(HttpMethod.Put, $"api/contacts/{other.Id}");
        await other.CallAsync(HttpMethod.Put, $"api/contacts/{one.Id}");
    }

    private static Task<Contact[]> ListAsync(TestUser user, string query = "") => user.CallAsync<Contact[]>(HttpMethod.Get, $"api/contacts{query}");

    private static async Task<string[]> IdsAsync(TestUser user, string query) => [.. (await ListAsync(user, query)).Select(contact => contact.UserId)];

    private static (string UserId, string State) Of(Contact contact) => (contact.UserId, contact.State);

    private static async Task<(HttpStatusCode, string?)> RefusedAsync(TestUser user, HttpMethod method, string path, object? body = null)
    {
        var (status, problem) = await user.RefusedAsync(method, path, body);
        return (status, problem.Code);
    }
}
