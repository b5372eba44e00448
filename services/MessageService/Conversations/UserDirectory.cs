using System.Net;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Conversations;

/// <summary>What user-service knows: which users exist, what they are called, who blocked whom, who is in a group. Cached, and told when it changes.</summary>
public sealed class UserDirectory(HttpClient userService, DirectoryCache cache)
{
    /// <returns>Those of the users that exist.</returns>
    public async Task<HashSet<string>> ExistingAsync(IReadOnlyCollection<string> userIds, CancellationToken cancellationToken) =>
        [.. (await NamesAsync(userIds, [], cancellationToken)).Users.Keys];

    /// <summary>Display names by user id and group names by group id; who does not exist is missing.</summary>
    public async Task<(Dictionary<string, string> Users, Dictionary<string, string> Groups)> NamesAsync(
        IReadOnlyCollection<string> userIds, IReadOnlyCollection<string> groupIds, CancellationToken cancellationToken)
    {
        var users = userIds.Where(cache.Users.Contains).ToDictionary(id => id, id => cache.Users.Get(id)!);
        var groups = groupIds.Where(cache.Groups.Contains).ToDictionary(id => id, id => cache.Groups.Get(id)!);
        var request = new DirectoryRequest([.. userIds.Where(id => !users.ContainsKey(id))], [.. groupIds.Where(id => !groups.ContainsKey(id))]);
        if (request.UserIds.Length + request.GroupIds.Length == 0)
            return (users, groups);

        var (usersRead, groupsRead) = (cache.Users.BeginRead(), cache.Groups.BeginRead());
        var answer = await PostAsync<DirectoryRequest, DirectoryAnswer>("internal/directory", request, cancellationToken);
        foreach (var user in answer.Users)
            cache.Users.Set(user.UserId, users[user.UserId] = user.DisplayName, usersRead);
        foreach (var group in answer.Groups)
            cache.Groups.Set(group.GroupId, groups[group.GroupId] = group.Name, groupsRead);
        return (users, groups);
    }

    /// <returns>Those of the pairs that are blocked.</returns>
    public async Task<HashSet<BlockPair>> BlockedAsync(IReadOnlyCollection<BlockPair> pairs, CancellationToken cancellationToken)
    {
        // Only "not blocked" is remembered: a refusal is rare, and must end as soon as the block does. Most users block nobody: then one entry is enough.
        var unknown = pairs.Where(pair => !cache.Peaceful.Contains(pair.UserId) && !cache.Unblocked.Contains(DirectoryCache.Key(pair))).ToArray();
        if (unknown.Length == 0)
            return [];
        var (unblockedRead, peacefulRead) = (cache.Unblocked.BeginRead(), cache.Peaceful.BeginRead());
        var answer = await PostAsync<BlocksRequest, BlocksAnswer>("internal/blocks", new BlocksRequest(unknown), cancellationToken);
        var (blocked, blockers) = (answer.Blocked.ToHashSet(), answer.Blockers.ToHashSet());
        foreach (var pair in unknown.Where(pair => !blocked.Contains(pair)))
        {
            if (blockers.Contains(pair.UserId))
                cache.Unblocked.Set(DirectoryCache.Key(pair), "", unblockedRead);
            else
                cache.Peaceful.Set(pair.UserId, "", peacefulRead);
        }
        return blocked;
    }

    /// <returns>Those of the pairs that are contacts.</returns>
    public async Task<HashSet<ContactPair>> ContactsAsync(IReadOnlyCollection<ContactPair> pairs, CancellationToken cancellationToken)
    {
        // Only contacts are remembered: who is none is refused, and must not be any more as soon as it is one.
        var known = pairs.Where(pair => cache.Contacts.Contains(DirectoryCache.Key(pair))).ToHashSet();
        var unknown = pairs.Where(pair => !known.Contains(pair)).ToArray();
        if (unknown.Length == 0)
            return known;
        var read = cache.Contacts.BeginRead();
        var answer = await PostAsync<ContactsRequest, ContactsAnswer>("internal/contacts", new ContactsRequest(unknown), cancellationToken);
        foreach (var contact in answer.Contacts)
        {
            cache.Contacts.Set(DirectoryCache.Key(contact), "", read);
            known.Add(contact);
        }
        return known;
    }

    /// <summary>The group as it is now, or null when it does not exist any more.</summary>
    public async Task<Group?> GroupAsync(string groupId, CancellationToken cancellationToken)
    {
        using var response = await userService.GetAsync($"internal/groups/{groupId}", cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
            return null;
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<Group>(ContractsJson.Wire, cancellationToken);
    }

    private async Task<TAnswer> PostAsync<TRequest, TAnswer>(string path, TRequest request, CancellationToken cancellationToken)
    {
        using var response = await userService.PostAsJsonAsync(path, request, ContractsJson.Wire, cancellationToken);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<TAnswer>(ContractsJson.Wire, cancellationToken))!;
    }
}

/// <summary>Facts of user-service, remembered for a while. Every instance is told of a change; the time limit is for a lost word.</summary>
public sealed class DirectoryCache : IDisposable
{
    public BoundedCache<string> Users { get; } = new(100_000, TimeSpan.FromMinutes(10));
    public BoundedCache<string> Groups { get; } = new(20_000, TimeSpan.FromMinutes(10));

    /// <summary>Users who have blocked nobody.</summary>
    public BoundedCache<string> Peaceful { get; } = new(100_000, TimeSpan.FromSeconds(30));

    /// <summary>Pairs of which the first has blocked somebody, and not the second.</summary>
    public BoundedCache<string> Unblocked { get; } = new(200_000, TimeSpan.FromSeconds(30));

    /// <summary>By the two user ids in ordinal order, as a change of them is told.</summary>
    public BoundedCache<string> Contacts { get; } = new(200_000, TimeSpan.FromSeconds(30));

    public static string Key(ContactPair pair) =>
        string.CompareOrdinal(pair.UserId, pair.OtherId) <= 0 ? $"{pair.UserId}:{pair.OtherId}" : $"{pair.OtherId}:{pair.UserId}";

    public static string Key(BlockPair pair) => $"{pair.UserId}:{pair.BlockedId}";

    public void Dispose()
    {
        Users.Dispose();
        Groups.Dispose();
        Peaceful.Dispose();
        Unblocked.Dispose();
        Contacts.Dispose();
    }
}
