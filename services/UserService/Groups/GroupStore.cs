using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Sql;
using ImDapr.UserService.Relations;

namespace ImDapr.UserService.Groups;

/// <summary>Groups and their members.</summary>
/// <remarks>
/// chat_groups   (group_id)            version: the change whose rows are all there; 0 while the group is being created
/// group_members (group_id, user_id)   a group's members; (user_id, group_id) a user's groups
/// Rows first, then the version: who reads in between sees new members under the old version, and the next version makes it look again.
/// </remarks>
public sealed class GroupStore(SqlClient sql, RelationLog log, TimeProvider time) : IRelationStore
{
    private const int RowsPerInsert = 500;

    public string Kind => RelationKinds.Group;

    /// <summary>Makes room for a group, which nobody sees before its first change has created it.</summary>
    public Task AddAsync(string groupId, string name, CancellationToken cancellationToken) => sql.InsertNewAsync(
        "chat_groups", ["group_id", "name", "version", "published_version", "dissolved", "created_at"], [[groupId, name, 0, 0, 0, Now]], cancellationToken);

    /// <summary>The group with its members, or null when it does not exist or was dissolved.</summary>
    public async Task<Group?> FindAsync(string groupId, CancellationToken cancellationToken)
    {
        if (await ViewAsync(groupId, [], cancellationToken) is not { } view)
            return null;
        // One statement, so that members and version belong together; without the name, which would stand in each of 10,000 rows.
        var rows = await sql.QueryAsync(
            """
            SELECT g.version AS version, m.user_id AS user_id, m.role AS role, m.joined_version AS joined_version
            FROM chat_groups g JOIN group_members m ON m.group_id = g.group_id
            WHERE g.group_id = ? AND g.dissolved = 0 ORDER BY m.joined_at, m.user_id
            """, [groupId], cancellationToken);
        if (rows.Count == 0)
            return null;
        var members = rows.Select(row => new GroupMember(row.String("user_id"), row.String("role"), row.Int64("joined_version"))).ToArray();
        return new Group(groupId, ConversationId.Group(groupId), view.Name, rows[0].Int64("version"), members, view.Invite);
    }

    /// <summary>The group with the roles of these users, or null when it does not exist or was dissolved.</summary>
    public async Task<GroupView?> ViewAsync(string groupId, IReadOnlyCollection<string> userIds, CancellationToken cancellationToken)
    {
        if (!Ids.IsValid(groupId))
            return null;
        string[] asked = [.. userIds.Where(Ids.IsValid).Append("")]; // no id is empty: an IN list must not be
        var rows = await sql.QueryAsync(
            $"""
            SELECT g.name AS name, g.invite AS invite, g.version AS version, m.user_id AS user_id, m.role AS role,
              (SELECT COUNT(*) FROM group_members c WHERE c.group_id = g.group_id) AS members
            FROM chat_groups g LEFT JOIN group_members m ON m.group_id = g.group_id AND m.user_id IN ({SqlClient.Marks(asked.Length)})
            WHERE g.group_id = ? AND g.dissolved = 0 AND g.version > 0
            """, [.. asked, groupId], cancellationToken);
        if (rows.Count == 0)
            return null;
        var roles = rows.Where(row => row.StringOrNull("user_id") is not null).ToDictionary(row => row.String("user_id"), row => row.String("role"));
        var first = rows[0];
        return new GroupView(groupId, first.String("name"), first.String("invite"), first.Int64("version"), (int)first.Int64("members"), roles);
    }

    public async Task<GroupName[]> OfUserAsync(string userId, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync(
            """
            SELECT g.group_id AS group_id, g.name AS name FROM group_members m JOIN chat_groups g ON g.group_id = m.group_id
            WHERE m.user_id = ? AND g.dissolved = 0 AND g.version > 0 ORDER BY g.group_id
            """, [userId], cancellationToken);
        return [.. rows.Select(row => new GroupName(row.String("group_id"), row.String("name")))];
    }

    public async Task<GroupName[]> NamesAsync(IReadOnlyCollection<string> groupIds, CancellationToken cancellationToken)
    {
        if (groupIds.Count == 0)
            return [];
        var rows = await sql.QueryAsync(
            $"SELECT group_id, name FROM chat_groups WHERE group_id IN ({SqlClient.Marks(groupIds.Count)})", [.. groupIds], cancellationToken);
        return [.. rows.Select(row => new GroupName(row.String("group_id"), row.String("name")))];
    }

    public Task<bool> ClaimAsync(RelationChanged change, CancellationToken cancellationToken) => log.ClaimAsync(
        change, "FROM chat_groups WHERE group_id = ? AND version = ? AND dissolved = 0", [change.Subject, change.Version - 1], cancellationToken);

    public async Task CarryOutAsync(RelationChanged change, CancellationToken cancellationToken)
    {
        switch (change.Action)
        {
            case RelationActions.Created:
                await AddMembersAsync(change, [change.ActorId], Roles.Owner, cancellationToken);
                await AddMembersAsync(change, [.. change.UserIds.Where(id => id != change.ActorId)], Roles.Member, cancellationToken);
                break;
            case RelationActions.Added:
                await AddMembersAsync(change, change.UserIds, change.Detail!, cancellationToken);
                break;
            case RelationActions.Removed or RelationActions.Left:
                await sql.ExecuteAsync(
                    $"DELETE FROM group_members WHERE group_id = ? AND user_id = ? AND {IsBefore}",
                    [change.Subject, change.UserIds[0], .. Before(change)], cancellationToken);
                break;
            case RelationActions.Role:
                await sql.ExecuteAsync(
                    $"UPDATE group_members SET role = ? WHERE group_id = ? AND user_id = ? AND {IsBefore}",
                    [change.Detail!, change.Subject, change.UserIds[0], .. Before(change)], cancellationToken);
                break;
            case RelationActions.Transferred:
                await TransferAsync(change, cancellationToken);
                break;
        }
        await RaiseVersionAsync(change, cancellationToken);
    }

    // users gives the rows for the ids: SQLite and MySQL have no common way to select from a list of values.
    private async Task AddMembersAsync(RelationChanged change, string[] userIds, string role, CancellationToken cancellationToken)
    {
        foreach (var chunk in userIds.Chunk(RowsPerInsert))
        {
            await sql.InsertNewAsync(
                $"""
                INSERT INTO group_members (group_id, user_id, role, joined_at, joined_version)
                SELECT g.group_id, u.user_id, ?, ?, ? FROM chat_groups g JOIN users u ON u.user_id IN ({SqlClient.Marks(chunk.Length)})
                WHERE g.group_id = ? AND g.version = ?
                """, "joined_at", [role, Now, change.Version, .. chunk, .. Before(change)], cancellationToken);
        }
    }

    // One statement for both roles: there is never no owner, and never a second one.
    private Task TransferAsync(RelationChanged change, CancellationToken cancellationToken) => sql.ExecuteAsync(
        $"""
        UPDATE group_members SET role = CASE WHEN user_id = ? THEN '{Roles.Owner}' ELSE '{Roles.Admin}' END
        WHERE group_id = ? AND user_id IN (?, ?) AND {IsBefore}
        """, [change.UserIds[0], change.Subject, change.UserIds[0], change.ActorId, .. Before(change)], cancellationToken);

    private Task RaiseVersionAsync(RelationChanged change, CancellationToken cancellationToken)
    {
        var (set, value) = change.Action switch
        {
            RelationActions.Renamed => ("name = ?", change.Detail),
            RelationActions.Settings => ("invite = ?", change.Detail),
            RelationActions.Dissolved => ("dissolved = ?", "1"),
            _ => ("group_id = ?", change.Subject),
        };
        return sql.ExecuteAsync(
            $"UPDATE chat_groups SET {set}, version = ? WHERE group_id = ? AND version = ?", [value, change.Version, .. Before(change)], cancellationToken);
    }

    private const string IsBefore = "EXISTS (SELECT 1 FROM chat_groups g WHERE g.group_id = ? AND g.version = ?)";

    private static object?[] Before(RelationChanged change) => [change.Subject, change.Version - 1];

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();
}
