using System.Collections.Concurrent;
using ImDapr.ConnectionService.Hubs;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Presence;

/// <summary>Who watches whom: a hub group per watched user, so that one push reaches all its watchers.</summary>
public sealed class PresenceWatch(PresenceReader reader, IHubContext<ImHub, IImClient> hub)
{
    private readonly ConcurrentDictionary<string, string[]> _watched = new();

    /// <summary>Watches these users from now on, and no others; answers how they are.</summary>
    public async Task<Answer<UserPresence[]>> WatchAsync(string connectionId, WatchPresenceRequest request, CancellationToken cancellationToken)
    {
        if (request.UserIds is null || request.UserIds.Length > Limits.WatchedUsers || !request.UserIds.All(Ids.IsValid))
            return Answer<UserPresence[]>.Refused(ErrorCodes.InvalidArgument, $"userIds is needed: at most {Limits.WatchedUsers} user ids.");
        var users = request.UserIds.Distinct().ToArray();
        var before = _watched.TryGetValue(connectionId, out var known) ? known : [];
        _watched[connectionId] = users;
        foreach (var userId in before.Except(users))
            await hub.Groups.RemoveFromGroupAsync(connectionId, PresenceTracker.GroupOf(userId), cancellationToken);
        // Joined before it is read: a change in between is pushed, and none is missed.
        foreach (var userId in users.Except(before))
            await hub.Groups.AddToGroupAsync(connectionId, PresenceTracker.GroupOf(userId), cancellationToken);
        return Answer<UserPresence[]>.Of(users.Length == 0 ? [] : await reader.ReadAsync(users, cancellationToken));
    }

    /// <summary>The connection is gone; its groups go with it.</summary>
    public void Forget(string connectionId) => _watched.TryRemove(connectionId, out _);
}
