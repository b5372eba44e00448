using ImDapr.Contracts;

namespace ImDapr.MessageService.Conversations;

/// <summary>The members of one conversation by user id, only those who are members now.</summary>
public sealed record ConversationMembers(IReadOnlyDictionary<string, Membership> ByUser);

/// <summary>
/// Members of conversations, from memory. A member who is not known is looked up at its owner before it is refused, so that whoever was just
/// added can write at once; a removal is told to every instance.
/// </summary>
public sealed class MemberDirectory(MemberStore store, GroupReconciler reconciler) : IDisposable
{
    private readonly BoundedCache<ConversationMembers> _members = new(20_000, TimeSpan.FromSeconds(30));
    private readonly BoundedCache<string> _ensured = new(200_000, TimeSpan.FromHours(1));

    public async Task<ConversationMembers> MembersAsync(string conversationId, CancellationToken cancellationToken)
    {
        if (_members.Get(conversationId) is { } known)
            return known;
        var rows = await store.OfConversationAsync(conversationId, cancellationToken);
        var members = new ConversationMembers(rows.Where(row => row.IsActive).ToDictionary(row => row.UserId));
        _members.Set(conversationId, members);
        return members;
    }

    /// <summary>The user's membership, or null when it is no member.</summary>
    public async Task<Membership?> FindAsync(string conversationId, string userId, CancellationToken cancellationToken)
    {
        var members = await MembersAsync(conversationId, cancellationToken);
        if (members.ByUser.TryGetValue(userId, out var membership))
            return membership;
        if (ConversationId.TryParse(conversationId) is not { Kind: ConversationKinds.Group, First: var groupId })
            return null;
        await reconciler.ReconcileAsync(groupId, cancellationToken);
        Forget(conversationId);
        return (await MembersAsync(conversationId, cancellationToken)).ByUser.GetValueOrDefault(userId);
    }

    /// <summary>Makes the two users of each pair members of their conversation. Before its first message, so that Sync finds it.</summary>
    public async Task EnsureDirectAsync(IReadOnlyCollection<(string UserId, string PeerId)> pairs, CancellationToken cancellationToken)
    {
        var missing = pairs.Where(pair => !_ensured.Contains(ConversationId.Direct(pair.UserId, pair.PeerId))).ToList();
        if (missing.Count == 0)
            return;
        var rows = missing.SelectMany(pair => new[] { Direct(pair.UserId, pair.PeerId), Direct(pair.PeerId, pair.UserId) }).Distinct().ToList();
        await store.AddAsync(rows, cancellationToken);
        foreach (var conversationId in rows.Select(row => row.ConversationId).Distinct())
        {
            _ensured.Set(conversationId, "");
            Forget(conversationId);
        }
    }

    public void Forget(string conversationId) => _members.Remove(conversationId);

    private static Membership Direct(string userId, string peerId) =>
        new(userId, ConversationId.Direct(userId, peerId), Roles.Member, JoinSeq: 1, LeftSeq: 0, ReadSeq: 0, ClearedSeq: 0, Version: 0);

    public void Dispose()
    {
        _members.Dispose();
        _ensured.Dispose();
    }
}
