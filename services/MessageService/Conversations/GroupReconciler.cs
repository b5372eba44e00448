using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.FanOut;
using ImDapr.ServiceDefaults.Actors;
using ImDapr.ServiceDefaults.Versions;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Conversations;

/// <summary>
/// Makes our members of a group equal to what user-service says now. It takes the state, not the change, so repeats, order and lost events do
/// not matter; versions keep an older snapshot from undoing a newer one when two instances do this at once.
/// </summary>
public sealed class GroupReconciler(
    UserDirectory users, MemberStore members, IMessageStore messages, UserActorClient actors, DaprClient dapr, IOptions<FanOutOptions> options)
{
    // User ids of one event: some hundred KiB.
    private const int UsersPerEvent = 2_000;

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
        var before = await members.TimelineAsync(group.ConversationId, cancellationToken);
        var now = TimelineRules.Next(before, group.Members.Length, options.Value);
        // First the state, then the members: whoever is a member of a timeline finds that it is one.
        if (now != before)
            await members.SetTimelineAsync([group.ConversationId], now, cancellationToken);
        await members.AddAsync(change.Added, cancellationToken);
        // Of a leave that was missed nobody knows the seq: filing would put there what was said meanwhile.
        foreach (var userId in change.Joined.Where(userId => rows.GetValueOrDefault(userId) is { IsActive: false }))
            await FileAsync(userId, cancellationToken);
        foreach (var membership in change.Decided)
            await members.DecideAsync(membership, cancellationToken);
        if (before == TimelineState.Now || now == TimelineState.Now)
            await TellReadersAsync(group, change, before, now, cancellationToken);
    }

    /// <summary>
    /// Who comes back gets a new first seq, and with it the row forgets that there was an earlier membership: what belongs into the inbox from that
    /// time is put there now (I2).
    /// </summary>
    private Task FileAsync(string userId, CancellationToken cancellationToken) =>
        actors.SyncAsync(userId, new ActorSync(null, new SyncRequest(0, 1)), cancellationToken);

    /// <summary>Connections join the pushes of a timeline, or leave them.</summary>
    private async Task TellReadersAsync(Group group, GroupChange change, TimelineState before, TimelineState now, CancellationToken cancellationToken)
    {
        // What was a timeline is still left only by who leaves: its last messages may be under way.
        var joined = now != TimelineState.Now ? [] : before == TimelineState.Now ? change.Joined : group.Members.Select(member => member.UserId);
        foreach (var chunk in joined.Chunk(UsersPerEvent))
            await TellAsync(new TimelineMembers(group.ConversationId, chunk, []), cancellationToken);
        foreach (var chunk in change.Left.Chunk(UsersPerEvent))
            await TellAsync(new TimelineMembers(group.ConversationId, [], chunk), cancellationToken);
    }

    private Task TellAsync(TimelineMembers readers, CancellationToken cancellationToken) =>
        dapr.PublishAsync(DaprNames.Broadcast, readers, cancellationToken);
}

/// <summary>The rows to add and to rewrite so that members equal a group.</summary>
/// <param name="Added">Members that have no row yet.</param>
/// <param name="Decided">Rows that change: another role, gone, or back.</param>
/// <param name="Joined">Who is a member now and was not before.</param>
public sealed record GroupChange(IReadOnlyList<Membership> Added, IReadOnlyList<Membership> Decided, IReadOnlyList<string> Joined)
{
    public IEnumerable<string> Left => Decided.Where(row => !row.IsActive).Select(row => row.UserId);

    /// <param name="group">The group as it is now.</param>
    /// <param name="rows">What stands here, by user, those who left included.</param>
    /// <param name="head">Last seq of the conversation: who joins now sees what comes after it.</param>
    public static GroupChange Between(Group group, IReadOnlyDictionary<string, Membership> rows, long head)
    {
        var added = new List<Membership>();
        var decided = new List<Membership>();
        var joined = new List<string>();
        foreach (var member in group.Members)
        {
            rows.TryGetValue(member.UserId, out var row);
            // A member who was gone for a moment, which this service has missed, has come back like any other.
            var isBack = row is { IsActive: false } || member.JoinedVersion > row?.Version;
            if (row is null || isBack)
                joined.Add(member.UserId);
            if (row is null)
                added.Add(new Membership(member.UserId, group.ConversationId, member.Role, head + 1, 0, 0, 0, group.Version));
            else if (isBack)
                decided.Add(row with { Role = member.Role, JoinSeq = head + 1, LeftSeq = 0, Version = group.Version });
            else if (row.Role != member.Role)
                decided.Add(row with { Role = member.Role, Version = group.Version });
        }
        var present = group.Members.Select(member => member.UserId).ToHashSet();
        decided.AddRange(rows.Values
            .Where(row => row.IsActive && !present.Contains(row.UserId))
            .Select(row => row with { LeftSeq = head + 1, Version = group.Version }));
        return new GroupChange(added, decided, joined);
    }
}
