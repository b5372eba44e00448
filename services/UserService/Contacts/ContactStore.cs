using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Sql;
using ImDapr.UserService.Relations;

namespace ImDapr.UserService.Contacts;

/// <summary>Who is whose contact, and who has asked whom.</summary>
/// <remarks>
/// contacts (first_id, second_id)   one row per pair in ordinal order: both see the same, whatever dies; (second_id, first_id) the other way
/// A pair that parted keeps its row, since its version must not begin again.
/// </remarks>
public sealed class ContactStore(SqlClient sql, RelationLog log, TimeProvider time) : IRelationStore
{
    // SQLite refuses an expression that is 1,000 levels deep, and each OR is one.
    private const int PairsPerQuery = 400;

    public string Kind => RelationKinds.Contact;

    public async Task<ContactPairState> FindAsync(string userId, string otherId, CancellationToken cancellationToken)
    {
        var subject = ContactPairState.SubjectOf(userId, otherId);
        var rows = await sql.QueryAsync(
            "SELECT state, requester_id, note, since, version FROM contacts WHERE first_id = ? AND second_id = ?", [.. subject.Split(':')], cancellationToken);
        return rows.Count == 0 ? ContactPairState.Strangers(userId, otherId) : Read(rows[0], subject);
    }

    /// <param name="userId">Whose contacts.</param>
    /// <param name="state">One of <see cref="ContactStates"/>; null for all.</param>
    /// <param name="after">Last user id of the page before; empty for the first.</param>
    /// <param name="limit">Most contacts of the page.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<Contact[]> ListAsync(string userId, string? state, string after, int limit, CancellationToken cancellationToken)
    {
        var (asked, who) = Condition(userId, state);
        var rows = await sql.QueryAsync(
            $"""
            SELECT c.user_id AS user_id, u.display_name AS display_name, c.state AS state, c.requester_id AS requester_id, c.note AS note, c.since AS since, c.version AS version
            FROM (
              SELECT second_id AS user_id, state, requester_id, note, since, version FROM contacts WHERE first_id = ? AND second_id > ? AND {asked}
              UNION ALL
              SELECT first_id AS user_id, state, requester_id, note, since, version FROM contacts WHERE second_id = ? AND first_id > ? AND {asked}) c
            JOIN users u ON u.user_id = c.user_id ORDER BY c.user_id LIMIT {limit}
            """, [userId, after, .. who, userId, after, .. who], cancellationToken);
        return [.. rows.Select(row => ToContact(row, userId))];
    }

    public async Task<ContactCounts> CountAsync(string userId, CancellationToken cancellationToken)
    {
        const string counted = $"(state = '{ContactPairState.Accepted}' OR (state = '{ContactPairState.Requested}' AND requester_id = ?))";
        var rows = await sql.QueryAsync(
            $"""
            SELECT state, COUNT(*) AS number FROM (
              SELECT state FROM contacts WHERE first_id = ? AND {counted} UNION ALL SELECT state FROM contacts WHERE second_id = ? AND {counted}) c
            GROUP BY state
            """, [userId, userId, userId, userId], cancellationToken);
        var counts = rows.ToDictionary(row => row.String("state"), row => (int)row.Int64("number"));
        return new ContactCounts(counts.GetValueOrDefault(ContactPairState.Accepted), counts.GetValueOrDefault(ContactPairState.Requested));
    }

    /// <returns>Those of the pairs that are accepted contacts.</returns>
    public async Task<ContactPair[]> AcceptedAsync(IReadOnlyCollection<ContactPair> pairs, CancellationToken cancellationToken)
    {
        var accepted = new HashSet<string>();
        foreach (var chunk in pairs.Select(SubjectOf).Distinct().Chunk(PairsPerQuery))
        {
            var where = string.Join(" OR ", Enumerable.Repeat("(first_id = ? AND second_id = ?)", chunk.Length));
            var rows = await sql.QueryAsync(
                $"SELECT first_id, second_id FROM contacts WHERE state = '{ContactPairState.Accepted}' AND ({where})",
                [.. chunk.SelectMany(subject => subject.Split(':'))], cancellationToken);
            accepted.UnionWith(rows.Select(row => $"{row.String("first_id")}:{row.String("second_id")}"));
        }
        return [.. pairs.Where(pair => accepted.Contains(SubjectOf(pair)))];
    }

    public async Task<bool> ClaimAsync(RelationChanged change, CancellationToken cancellationToken)
    {
        var pair = change.Subject.Split(':');
        if (change.Version == 1)
        {
            await sql.InsertNewAsync(
                "contacts", ["first_id", "second_id", "state", "requester_id", "note", "since", "version"],
                [[pair[0], pair[1], ContactPairState.None, "", "", 0, 0]], cancellationToken);
        }
        return await log.ClaimAsync(
            change, "FROM contacts WHERE first_id = ? AND second_id = ? AND version = ?", [.. pair, change.Version - 1], cancellationToken);
    }

    public Task CarryOutAsync(RelationChanged change, CancellationToken cancellationToken)
    {
        var (state, requesterId) = change.Action switch
        {
            RelationActions.Requested => (ContactPairState.Requested, change.ActorId),
            RelationActions.Accepted => (ContactPairState.Accepted, ""),
            _ => (ContactPairState.None, ""),
        };
        return sql.ExecuteAsync(
            "UPDATE contacts SET state = ?, requester_id = ?, note = ?, since = ?, version = ? WHERE first_id = ? AND second_id = ? AND version = ?",
            [state, requesterId, change.Detail ?? "", time.GetUtcNow().ToUnixTimeMilliseconds(), change.Version, .. change.Subject.Split(':'), change.Version - 1],
            cancellationToken);
    }

    private static (string Sql, string[] Parameters) Condition(string userId, string? state) => state switch
    {
        ContactStates.Accepted => ($"state = '{ContactPairState.Accepted}'", []),
        ContactStates.Outgoing => ($"state = '{ContactPairState.Requested}' AND requester_id = ?", [userId]),
        ContactStates.Incoming => ($"state = '{ContactPairState.Requested}' AND requester_id <> ?", [userId]),
        _ => ($"state <> '{ContactPairState.None}'", []),
    };

    private static string SubjectOf(ContactPair pair) => ContactPairState.SubjectOf(pair.UserId, pair.OtherId);

    private static Contact ToContact(SqlRow row, string userId)
    {
        var other = new UserProfile(row.String("user_id"), row.String("display_name"));
        return Read(row, ContactPairState.SubjectOf(userId, other.UserId)).ToContact(userId, other);
    }

    private static ContactPairState Read(SqlRow row, string subject) => new(
        subject, row.String("state"), row.String("requester_id"), row.String("note"), row.Int64("since"), row.Int64("version"));
}
