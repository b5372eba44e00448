using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.MessageService.FanOut;
using ImDapr.ServiceDefaults.Versions;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Conversations;

/// <summary>The members of one conversation by user id, only those who are members now.</summary>
public sealed record ConversationMembers(IReadOnlyDictionary<string, Membership> ByUser);

/// <summary>
/// Members of conversations, from memory. A member who is not known is looked up at its owner before it is refused, so that whoever was just
/// added can write at once; a removal is told to every instance. Of a timeline the members are never loaded together.
/// </summary>
public sealed class MemberDirectory(MemberStore store, GroupReconciler reconciler, DaprClient dapr, IOptions<FanOutOptions> options) : IDisposable
{
    // What is remembered after a word of its change was lost.
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    // Of the two of a conversation nothing changes but what they have muted.
    private static readonly TimeSpan LifetimeOfTwo = TimeSpan.FromMinutes(10);

    private readonly BoundedCache<ConversationMembers> _members = new(20_000, Lifetime);
    private readonly BoundedCache<ConversationMembers> _pairs = new(200_000, LifetimeOfTwo);
    private readonly BoundedCache<object> _timelines = new(100_000, Lifetime);
    private readonly BoundedCache<Membership> _readers = new(200_000, Lifetime);
    private readonly BoundedCache<string> _ensured = new(200_000, TimeSpan.FromHours(1));

    public async Task<ConversationMembers> MembersAsync(string conversationId, CancellationToken cancellationToken)
    {
        if (Known(conversationId) is { } known)
            return known;
        var read = CacheOf(conversationId).BeginRead();
        return Learn(conversationId, await store.OfConversationAsync(conversationId, cancellationToken), read);
    }

    /// <summary>The members of each of these conversations. All conversations of two that are not known are looked up together.</summary>
    public async Task<Dictionary<string, ConversationMembers>> MembersAsync(IEnumerable<string> conversationIds, CancellationToken cancellationToken)
    {
        var members = new Dictionary<string, ConversationMembers>();
        var pairs = new List<string>();
        foreach (var conversationId in conversationIds.Distinct())
        {
            if (Known(conversationId) is { } known)
                members[conversationId] = known;
            else if (ConversationId.IsDirect(conversationId))
                pairs.Add(conversationId);
            else
                members[conversationId] = await MembersAsync(conversationId, cancellationToken);
        }
        var read = _pairs.BeginRead();
        var rows = (await store.OfSmallConversationsAsync(pairs, cancellationToken)).ToLookup(row => row.ConversationId);
        foreach (var conversationId in pairs)
            members[conversationId] = Learn(conversationId, rows[conversationId], read);
        return members;
    }

    /// <summary>The user's membership, or null when it is no member.</summary>
    public async Task<Membership?> FindAsync(string conversationId, string userId, CancellationToken cancellationToken)
    {
        if (await LookAsync(conversationId, userId, cancellationToken) is { } membership)
            return membership;
        if (ConversationId.TryParse(conversationId) is not { Kind: ConversationKinds.Group, First: var groupId })
            return null;
        await reconciler.ReconcileAsync(groupId, cancellationToken);
        Forget(conversationId);
        return await LookAsync(conversationId, userId, cancellationToken);
    }

    /// <summary>Learns these memberships together, so that <see cref="FindAsync"/> knows them.</summary>
    public async Task LoadAsync(IReadOnlyCollection<(string ConversationId, string UserId)> users, CancellationToken cancellationToken)
    {
        var unknown = new List<(string ConversationId, string UserId)>();
        foreach (var conversation in users.GroupBy(user => user.ConversationId))
        {
            // Of other conversations all members are known together.
            if (await IsLargeAsync(conversation.Key, cancellationToken))
                unknown.AddRange(conversation.Where(user => _readers.Get(ReaderKey(user.ConversationId, user.UserId)) is null));
        }
        var read = _readers.BeginRead();
        foreach (var row in (await store.FindAsync(unknown, cancellationToken)).Where(row => row.IsActive))
            _readers.Set(ReaderKey(row.ConversationId, row.UserId), row, read);
    }

    /// <summary>The members' ids, or null when there are more than <paramref name="most"/>.</summary>
    public async Task<IReadOnlyCollection<string>?> UpToAsync(string conversationId, int most, CancellationToken cancellationToken)
    {
        IReadOnlyCollection<string> userIds = await IsLargeAsync(conversationId, cancellationToken)
            ? await store.ActiveAsync(conversationId, most + 1, cancellationToken)
            : [.. (await MembersAsync(conversationId, cancellationToken)).ByUser.Keys];
        return userIds.Count <= most ? userIds : null;
    }

    /// <summary>Makes sure that the members of an existing group are known here, and not only at their owner.</summary>
    public async Task EnsureGroupAsync(string groupId, CancellationToken cancellationToken)
    {
        var conversationId = ConversationId.Group(groupId);
        if (_ensured.Contains(conversationId))
            return;
        var read = _ensured.BeginRead();
        if (await store.VersionAsync(conversationId, cancellationToken) < 0)
            await reconciler.ReconcileAsync(groupId, cancellationToken);
        _ensured.Set(conversationId, "", read);
    }

    /// <summary>How the conversation's next message reaches its members.</summary>
    public async Task<FanOutPolicy> PolicyAsync(string conversationId, CancellationToken cancellationToken)
    {
        var kind = ConversationId.TryParse(conversationId)!.Kind;
        return TimelineRules.PolicyOf(kind, await TimelineAsync(conversationId, kind, cancellationToken), options.Value);
    }

    /// <summary>Makes the two users of each pair members of their conversation. Before its first message, so that Sync finds it.</summary>
    public async Task EnsureDirectAsync(IReadOnlyCollection<(string UserId, string PeerId)> pairs, CancellationToken cancellationToken)
    {
        var rows = pairs.Where(pair => !_ensured.Contains(ConversationId.Direct(pair.UserId, pair.PeerId)))
            .SelectMany(pair => new[] { Direct(pair.UserId, pair.PeerId), Direct(pair.PeerId, pair.UserId) }).Distinct().ToList();
        await EnsureAsync(rows, options.Value.Direct == FanOutPolicy.Timeline, cancellationToken);
    }

    /// <summary>Makes each user a member of its system conversations.</summary>
    public async Task EnsureSystemAsync(IReadOnlyCollection<(string UserId, string ConversationId)> conversations, CancellationToken cancellationToken)
    {
        var rows = conversations.Where(conversation => !_ensured.Contains(conversation.ConversationId))
            .Select(conversation => First(conversation.UserId, conversation.ConversationId)).Distinct().ToList();
        await EnsureAsync(rows, isTimeline: false, cancellationToken);
    }

    public void Forget(string conversationId)
    {
        CacheOf(conversationId).Remove(conversationId);
        _timelines.Remove(conversationId);
    }

    /// <summary>Forgets what is remembered of these members of a timeline.</summary>
    public void Forget(string conversationId, IEnumerable<string> userIds)
    {
        foreach (var userId in userIds)
            _readers.Remove(ReaderKey(conversationId, userId));
    }

    private async Task<Membership?> LookAsync(string conversationId, string userId, CancellationToken cancellationToken)
    {
        if (Known(conversationId) is { } known)
            return known.ByUser.GetValueOrDefault(userId);
        if (!await IsLargeAsync(conversationId, cancellationToken))
            return (await MembersAsync(conversationId, cancellationToken)).ByUser.GetValueOrDefault(userId);
        if (_readers.Get(ReaderKey(conversationId, userId)) is { } reader)
            return reader;
        var read = _readers.BeginRead();
        var found = (await store.FindAsync(conversationId, [userId], cancellationToken)).FirstOrDefault(row => row.IsActive);
        if (found is not null)
            _readers.Set(ReaderKey(conversationId, userId), found, read);
        return found;
    }

    private ConversationMembers? Known(string conversationId) => CacheOf(conversationId).Get(conversationId);

    private ConversationMembers Learn(string conversationId, IEnumerable<Membership> rows, ReadTicket read)
    {
        var members = new ConversationMembers(rows.Where(row => row.IsActive).ToDictionary(row => row.UserId));
        // A conversation that does not exist yet may be created in another instance, which tells nobody.
        if (members.ByUser.Count > 0)
            CacheOf(conversationId).Set(conversationId, members, read);
        return members;
    }

    private BoundedCache<ConversationMembers> CacheOf(string conversationId) => ConversationId.IsDirect(conversationId) ? _pairs : _members;

    /// <summary>Whether its members are never loaded together.</summary>
    private async Task<bool> IsLargeAsync(string conversationId, CancellationToken cancellationToken) =>
        ConversationId.TryParse(conversationId) is { Kind: ConversationKinds.Group }
        && await TimelineAsync(conversationId, ConversationKinds.Group, cancellationToken) == TimelineState.Now;

    // Only groups change; the others are what the configuration says.
    private async Task<TimelineState> TimelineAsync(string conversationId, string kind, CancellationToken cancellationToken)
    {
        if (kind != ConversationKinds.Group)
            return kind == ConversationKinds.Direct && options.Value.Direct == FanOutPolicy.Timeline ? TimelineState.Now : TimelineState.Never;
        if (_timelines.Get(conversationId) is TimelineState known)
            return known;
        var read = _timelines.BeginRead();
        var state = await store.TimelineAsync(conversationId, cancellationToken);
        _timelines.Set(conversationId, state, read);
        return state;
    }

    private async Task EnsureAsync(List<Membership> rows, bool isTimeline, CancellationToken cancellationToken)
    {
        if (rows.Count == 0)
            return;
        var read = _ensured.BeginRead();
        var added = await store.AddAsync(rows, cancellationToken);
        var conversationIds = rows.Select(row => row.ConversationId).Distinct().ToList();
        if (isTimeline)
            await store.SetTimelineAsync(conversationIds, TimelineState.Now, cancellationToken);
        if (isTimeline && added > 0)
            await TellReadersAsync(rows, cancellationToken);
        foreach (var conversationId in conversationIds)
        {
            _ensured.Set(conversationId, "", read);
            Forget(conversationId);
        }
    }

    /// <summary>Those who are connected follow from the first message on.</summary>
    private async Task TellReadersAsync(List<Membership> rows, CancellationToken cancellationToken)
    {
        foreach (var conversation in rows.GroupBy(row => row.ConversationId, row => row.UserId))
            await dapr.PublishAsync(DaprNames.Broadcast, new TimelineMembers(conversation.Key, [.. conversation], []), cancellationToken);
    }

    private static Membership Direct(string userId, string peerId) => First(userId, ConversationId.Direct(userId, peerId));

    // A member from the first message on.
    private static Membership First(string userId, string conversationId) =>
        new(userId, conversationId, Roles.Member, JoinSeq: 1, LeftSeq: 0, ReadSeq: 0, ClearedSeq: 0, Version: 0);

    private static string ReaderKey(string conversationId, string userId) => $"{conversationId} {userId}";

    public void Dispose()
    {
        _members.Dispose();
        _pairs.Dispose();
        _timelines.Dispose();
        _readers.Dispose();
        _ensured.Dispose();
    }
}
