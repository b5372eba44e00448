using ImDapr.ConnectionService.Hubs;
using ImDapr.Contracts;

namespace ImDapr.ConnectionService.Presence;

/// <summary>What a connection asks to watch, checked.</summary>
public static class WatchedUsers
{
    /// <summary>The users of the request, each once, in the order asked for.</summary>
    public static string[] From(WatchPresenceRequest request)
    {
        if (request.UserIds is not { } userIds)
            throw HubCaller.Refused(ErrorCodes.InvalidArgument, "userIds is missing.");
        if (userIds.Length > Limits.WatchedUsers)
            throw HubCaller.Refused(ErrorCodes.InvalidArgument, $"At most {Limits.WatchedUsers} users are watched at a time.");
        if (Array.Find(userIds, id => !Ids.IsValid(id)) is { } bad || userIds.Contains(null))
            throw HubCaller.Refused(ErrorCodes.InvalidArgument, "userIds holds something that is no user id.");
        return [.. userIds.Distinct()];
    }
}
