using ImDapr.Contracts;
using ImDapr.MessageService.Timeline;

namespace ImDapr.MessageService.Conversations;

/// <summary>
/// Makes our members of a group equal to what user-service says now. It takes the state, not the change, so repeats, order and lost events do
/// not matter; versions keep an older snapshot from undoing a newer one when two instances do this at once.
/// </summary>
public sealed class GroupReconciler(UserDirectory users, MemberStore members, MessageStore messages)
{
    // Every further round means that the group changed in between.
    private const int MaxRounds = 10;

    public async Task ReconcileAsync(string groupId, CancellationToken cancellationToken)
    {
        var conversationId = ConversationId.Group(groupId);
        for (var round = 0; round < MaxRounds; round++)
        {
            var known = await members.VersionAsync(conversationId, cancellationToken);
            var group = await users.GroupAsync(groupId, cancellationToken);
            if (group is null && known < 0)
                return; // never heard of: ids that somebody made up leave no trace
            var snapshot = group ?? new Group(groupId, conversationId, "", long.MaxValue, []);
            if (snapshot.Version < known)
                continue;
            await ApplyAsync(snapshot, cancellationToken);
            await members.RaiseVersionAsync(conversationId, snapshot.Version, cancellationToken);
            if (await members.VersionAsync(conversationId, cancellationToken) == snapshot.Version)
                return;
        }
        throw new TimeoutException($"Group {groupId} changed {MaxRounds} times while its members were being taken over");
    }

    private async Task ApplyAsync(Group group, CancellationToken cancellationToken)
    {
        var rows = (await members.OfConversationAsync(group.ConversationId, cancellationToken)).ToDictionary(row => row.UserId);
        var heads = await messages.HeadsAsync([group.ConversationId], cancellationToken);
        var change = GroupChange.Between(group, rows, heads.GetValueOrDefault(group.ConversationId));
        await members.AddAsync(change.Added, cancellationToken);
        foreach (var membership in change.Decided)
            await members.DecideAsync(membership, cancellationToken);
    }
}

/// <summary>The rows to add and to rewrite so that members equal a group.</summary>
public sealed record GroupChange(IReadOnlyList<Membership> Added, IReadOnlyList<Membership> Decided)
{
    /// <param name="group">The group as it is now.</param>
    /// <param name="rows">What stands here, by user, those who left included.</param>
    /// <param name="head">Last seq of the conversation: who joins now sees what comes after it.</param>
    public static GroupChange Between(Group group, IReadOnlyDictionary<string, Membership> rows, long head)
    {
        var added = new List<Membership>();
        var decided = new List<Membership>();
        foreach (var member in group.Members)
        {
            if (!rows.TryGetValue(member.UserId, out var row))
                added.Add(new Membership(member.UserId, group.ConversationId, member.Role, head + 1, 0, 0, 0, group.Version));
            else if (!row.IsActive)
                decided.Add(row with { Role = member.Role, JoinSeq = head + 1, LeftSeq = 0, Version = group.Version });
            else if (row.Role != member.Role)
                decided.Add(row with { Role = member.Role, Version = group.Version });
        }
        var present = group.Members.Select(member => member.UserId).ToHashSet();
        decided.AddRange(rows.Values
            .Where(row => row.IsActive && !present.Contains(row.UserId))
            .Select(row => row with { LeftSeq = head + 1, Version = group.Version }));
        return new GroupChange(added, decided);
    }
}
