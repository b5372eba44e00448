using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Sql;

namespace ImDapr.UserService.Groups;

/// <summary>Groups and their members.</summary>
/// <remarks>
/// chat_groups   (group_id)            version rises by one with every change, guarded by itself, so no two changes share one
/// group_members (group_id, user_id)   a group's members; (user_id, group_id) a user's groups
/// group_changes (group_id, version)   what is still to be told on im.relations
/// Rows first, then the version: who reads in between sees the new members under the old version, and the next version makes it look again.
/// </remarks>
public sealed class GroupStore(SqlClient sql, TimeProvider time)
{
    private const int RowsPerInsert = 500;
    private const int MaxRounds = 20;

    public async Task CreateAsync(string groupId, string name, IReadOnlyCollection<GroupMember> members, CancellationToken cancellationToken)
    {
        await AddMembersAsync(groupId, members, cancellationToken);
        // The group exists from here on: members of one that does not are seen by nobody.
        await sql.InsertNewAsync(
            "chat_groups", ["group_id", "name", "version", "published_version", "dissolved", "created_at"],
            [[groupId, name, 0, 0, 0, Now]], cancellationToken);
    }

    /// <summary>The group with its members, or null when it does not exist or was dissolved.</summary>
    public async Task<Group?> FindAsync(string groupId, CancellationToken cancellationToken)
    {
        // One statement, so that members and version belong together.
        var rows = await sql.QueryAsync(
            """
            SELECT g.name AS name, g.version AS version, m.user_id AS user_id, m.role AS role
            FROM chat_groups g JOIN group_members m ON m.group_id = g.group_id
            WHERE g.group_id = ? AND g.dissolved = 0 ORDER BY m.joined_at, m.user_id
            """, [groupId], cancellationToken);
        if (rows.Count == 0)
            return null;
        var members = rows.Select(row => new GroupMember(row.String("user_id"), row.String("role"))).ToArray();
        return new Group(groupId, ConversationId.Group(groupId), rows[0].String("name"), rows[0].Int64("version"), members);
    }

    public async Task<GroupName[]> OfUserAsync(string userId, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync(
            """
            SELECT g.group_id AS group_id, g.name AS name FROM group_members m JOIN chat_groups g ON g.group_id = m.group_id
            WHERE m.user_id = ? AND g.dissolved = 0 ORDER BY g.group_id
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

    public async Task AddMembersAsync(string groupId, IReadOnlyCollection<GroupMember> members, CancellationToken cancellationToken)
    {
        foreach (var chunk in members.Chunk(RowsPerInsert))
        {
            await sql.InsertNewAsync(
                "group_members", ["group_id", "user_id", "role", "joined_at"],
                [.. chunk.Select(member => new object?[] { groupId, member.UserId, member.Role, Now })], cancellationToken);
        }
    }

    public Task RemoveMemberAsync(string groupId, string userId, CancellationToken cancellationToken) =>
        sql.ExecuteAsync("DELETE FROM group_members WHERE group_id = ? AND user_id = ?", [groupId, userId], cancellationToken);

    public Task SetRoleAsync(string groupId, string userId, string role, CancellationToken cancellationToken) =>
        sql.ExecuteAsync("UPDATE group_members SET role = ? WHERE group_id = ? AND user_id = ?", [role, groupId, userId], cancellationToken);

    public Task RenameAsync(string groupId, string name, CancellationToken cancellationToken) =>
        sql.ExecuteAsync("UPDATE chat_groups SET name = ? WHERE group_id = ?", [name, groupId], cancellationToken);

    public Task DissolveAsync(string groupId, CancellationToken cancellationToken) =>
        sql.ExecuteAsync("UPDATE chat_groups SET dissolved = 1 WHERE group_id = ?", [groupId], cancellationToken);

    /// <summary>Gives the change the group's next version and keeps it until it has been told.</summary>
    public async Task RecordAsync(string groupId, string action, string actorId, string[] userIds, CancellationToken cancellationToken)
    {
        for (var round = 0; round < MaxRounds; round++)
        {
            var rows = await sql.QueryAsync("SELECT version FROM chat_groups WHERE group_id = ?", [groupId], cancellationToken);
            var version = rows[0].Int64("version");
            if (await sql.ExecuteAsync("UPDATE chat_groups SET version = ? WHERE group_id = ? AND version = ?", [version + 1, groupId, version], cancellationToken) == 0)
                continue;
            var change = new RelationChanged("group", groupId, version + 1, action, actorId, userIds);
            await sql.InsertNewAsync(
                "group_changes", ["group_id", "version", "event"],
                [[groupId, version + 1, JsonSerializer.Serialize(change, ContractsJson.Wire)]], cancellationToken);
            return;
        }
        throw new TimeoutException($"Group {groupId} was changed {MaxRounds} times by others meanwhile");
    }

    /// <summary>Groups with changes that nobody was told of, at most <paramref name="limit"/>.</summary>
    public async Task<string[]> UnpublishedAsync(int limit, CancellationToken cancellationToken)
    {
        var rows = await sql.QueryAsync($"SELECT group_id FROM chat_groups WHERE published_version < version LIMIT {limit}", [], cancellationToken);
        return [.. rows.Select(row => row.String("group_id"))];
    }

    /// <summary>The changes of a group that nobody was told of. One whose record is missing (the process died before it) is told without its details.</summary>
    public async Task<IReadOnlyList<RelationChanged>> ChangesAsync(string groupId, CancellationToken cancellationToken)
    {
        var group = await sql.QueryAsync("SELECT version, published_version FROM chat_groups WHERE group_id = ?", [groupId], cancellationToken);
        var events = await sql.QueryAsync("SELECT version, event FROM group_changes WHERE group_id = ? ORDER BY version", [groupId], cancellationToken);
        var known = events.ToDictionary(row => row.Int64("version"), row => JsonSerializer.Deserialize<RelationChanged>(row.String("event"), ContractsJson.Wire)!);
        var changes = new List<RelationChanged>();
        for (var version = group[0].Int64("published_version") + 1; version <= group[0].Int64("version"); version++)
            changes.Add(known.GetValueOrDefault(version) ?? new RelationChanged("group", groupId, version, "updated", "", []));
        return changes;
    }

    public async Task MarkPublishedAsync(RelationChanged change, CancellationToken cancellationToken)
    {
        await sql.ExecuteAsync(
            "UPDATE chat_groups SET published_version = ? WHERE group_id = ? AND published_version < ?",
            [change.Version, change.Subject, change.Version], cancellationToken);
        await sql.ExecuteAsync("DELETE FROM group_changes WHERE group_id = ? AND version <= ?", [change.Subject, change.Version], cancellationToken);
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();
}
