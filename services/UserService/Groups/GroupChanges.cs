using ImDapr.Contracts;
using ImDapr.UserService.Accounts;
using ImDapr.UserService.Contacts;
using ImDapr.UserService.Relations;

namespace ImDapr.UserService.Groups;

/// <summary>Changes of groups, each judged by <see cref="GroupRules"/> on the version that it changes.</summary>
public sealed class GroupChanges(GroupStore store, RelationOutbox outbox, UserStore users, BlockStore blocks)
{
    /// <param name="groupId">The group.</param>
    /// <param name="actorId">Who wants it; a stranger is told that there is no such group.</param>
    /// <param name="userIds">Whose roles <paramref name="judge"/> needs besides the actor's.</param>
    /// <param name="judge">The rule.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task<Proposal> ApplyAsync(
        string groupId, string actorId, string[] userIds, Func<GroupView, Proposal> judge, CancellationToken cancellationToken) =>
        outbox.ChangeAsync(
            async token => await store.ViewAsync(groupId, [actorId, .. userIds], token) is { } group && group.RoleOf(actorId) is not null
                ? judge(group)
                : Proposal.Refused(GroupRules.NoSuchGroup),
            cancellationToken);

    /// <returns>The new group's id.</returns>
    public async Task<string> CreateAsync(string name, string ownerId, string[] others, CancellationToken cancellationToken)
    {
        var groupId = Guid.NewGuid().ToString("N");
        await store.AddAsync(groupId, name, cancellationToken);
        var created = new RelationChanged(RelationKinds.Group, groupId, 1, RelationActions.Created, ownerId, [ownerId, .. others]);
        await outbox.TryChangeAsync(created, cancellationToken);
        return groupId;
    }

    public async Task<Invitation> InvitationAsync(string actorId, string[] userIds, string role, CancellationToken cancellationToken)
    {
        var valid = userIds.Where(Ids.IsValid).ToArray();
        var known = (await users.FindAsync(valid, cancellationToken)).Select(profile => profile.UserId).ToHashSet();
        var blockers = await blocks.BlockersAsync(actorId, valid, cancellationToken);
        return new Invitation(userIds, role, userIds.Where(id => !known.Contains(id)).ToHashSet(), blockers);
    }
}
