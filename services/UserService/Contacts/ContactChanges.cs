using ImDapr.Contracts;
using ImDapr.UserService.Relations;
using Microsoft.Extensions.Options;

namespace ImDapr.UserService.Contacts;

/// <summary>Changes of contacts, each judged by <see cref="ContactRules"/> on what the two are to each other.</summary>
public sealed class ContactChanges(ContactStore store, BlockStore blocks, RelationOutbox outbox, IOptions<ContactOptions> options)
{
    /// <returns>Why it was refused, or null.</returns>
    public async Task<Refusal?> AskAsync(string userId, string otherId, string? note, CancellationToken cancellationToken) =>
        (await outbox.ChangeAsync(
            async token =>
            {
                var change = ContactRules.Ask(await store.FindAsync(userId, otherId, token), userId, otherId, note);
                return new Proposal(change is null ? null : await CheckAsync(change, userId, otherId, token), change);
            },
            cancellationToken)).Refusal;

    public Task EndAsync(string userId, string otherId, CancellationToken cancellationToken) => outbox.ChangeAsync(
        async token => new Proposal(null, ContactRules.End(await store.FindAsync(userId, otherId, token), userId, otherId)), cancellationToken);

    private async Task<Refusal?> CheckAsync(RelationChanged change, string userId, string otherId, CancellationToken cancellationToken)
    {
        if ((await blocks.BlockersAsync(userId, [otherId], cancellationToken)).Count > 0)
            return new Refusal(ErrorCodes.Blocked, $"{otherId} has blocked you.");
        return ContactRules.CheckRoom(
            change.Action, await store.CountAsync(userId, cancellationToken), await store.CountAsync(otherId, cancellationToken), options.Value);
    }
}
