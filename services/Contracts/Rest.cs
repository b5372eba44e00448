namespace ImDapr.Contracts;

/// <summary>Device platforms, as they stand on the wire.</summary>
public static class Platforms
{
    public static readonly string[] All = ["ios", "android", "web", "desktop", "wechat-oa", "mini-program"];
}

/// <summary>Roles of a group member.</summary>
public static class Roles
{
    public const string Owner = "owner";
    public const string Admin = "admin";
    public const string Member = "member";
}

/// <summary>Who may add members to a group.</summary>
public static class InvitePolicies
{
    public const string Admins = "admins";
    public const string Members = "members";
}

/// <summary>What another user is to the one who asks.</summary>
public static class ContactStates
{
    public const string Accepted = "accepted";
    public const string Incoming = "incoming";
    public const string Outgoing = "outgoing";
}

/// <summary><c>POST /api/users</c>.</summary>
public sealed record RegisterRequest(string? UserId, string? DisplayName, string? Password);

public sealed record UserProfile(string UserId, string DisplayName);

/// <summary><c>PATCH /api/users/me</c>; absent fields stay.</summary>
public sealed record ProfileUpdate(string? DisplayName);

/// <summary><c>POST /api/sessions</c>.</summary>
public sealed record LoginRequest(string? UserId, string? Password, string? DeviceId, string? Platform);

/// <summary><c>POST /api/sessions/refresh</c>: a refresh token works once; using it again revokes the device's session.</summary>
public sealed record RefreshRequest(string? RefreshToken);

/// <param name="ExpiresIn">Seconds until the access token expires.</param>
public sealed record SessionTokens(string AccessToken, string RefreshToken, int ExpiresIn);

/// <param name="LastSeenAt">Unix milliseconds, UTC: the device's last login or refresh.</param>
public sealed record Device(string DeviceId, string Platform, long CreatedAt, long LastSeenAt);

/// <summary><c>POST /api/groups</c>.</summary>
public sealed record CreateGroupRequest(string? Name, string[]? MemberIds);

public sealed record GroupCreated(string GroupId, string ConversationId);

/// <summary><c>PATCH /api/groups/{id}</c>; absent fields stay.</summary>
/// <param name="Invite">One of <see cref="InvitePolicies"/>.</param>
public sealed record GroupUpdate(string? Name, string? Invite = null);

/// <summary><c>POST /api/groups/{id}/members</c>.</summary>
public sealed record AddMembersRequest(string[]? UserIds);

/// <param name="UserIds">Those who were no members before.</param>
public sealed record MembersAdded(string[] UserIds);

/// <summary><c>PUT /api/groups/{id}/members/{userId}</c>; the body may be left out.</summary>
public sealed record MemberUpdate(string? Role);

/// <param name="JoinedVersion">
/// Between services only: the group's version that added the member. Who holds an older version and knows the user as a member has missed that it was gone.
/// </param>
public sealed record GroupMember(string UserId, string Role, long? JoinedVersion = null);

/// <summary>A group with all its members; also what message-service asks user-service for.</summary>
/// <param name="Version">Rises by one with every change of name, settings or members.</param>
/// <param name="Invite">One of <see cref="InvitePolicies"/>.</param>
public sealed record Group(
    string GroupId, string ConversationId, string Name, long Version, GroupMember[] Members, string Invite = InvitePolicies.Admins);

/// <summary><c>POST /internal/directory</c> of user-service: names of those that exist.</summary>
public sealed record DirectoryRequest(string[] UserIds, string[] GroupIds);

public sealed record DirectoryAnswer(UserProfile[] Users, GroupName[] Groups);

public sealed record GroupName(string GroupId, string Name);

/// <summary><c>POST /internal/blocks</c> of user-service: which of these pairs are blocked.</summary>
public sealed record BlocksRequest(BlockPair[] Pairs);

/// <param name="UserId">The user who may have blocked.</param>
/// <param name="BlockedId">The user who may be blocked.</param>
public sealed record BlockPair(string UserId, string BlockedId);

/// <param name="Blocked">Those of the pairs that are blocked.</param>
/// <param name="Blockers">Those of the asked users who have blocked anybody: of all others nothing need be asked again.</param>
public sealed record BlocksAnswer(BlockPair[] Blocked, string[] Blockers);

/// <summary><c>PUT /api/contacts/{userId}</c>; the body may be left out.</summary>
/// <param name="Note">Shown with the request; at most <see cref="Limits.NoteLength"/> characters.</param>
public sealed record ContactRequest(string? Note);

/// <param name="State">One of <see cref="ContactStates"/>.</param>
/// <param name="Since">Unix milliseconds, UTC: when it came to this state.</param>
/// <param name="Note">The note of a request.</param>
public sealed record Contact(string UserId, string DisplayName, string State, long Since, string? Note);

/// <summary><c>POST /internal/contacts</c> of user-service: which of these pairs are contacts.</summary>
public sealed record ContactsRequest(ContactPair[] Pairs);

/// <summary>Two users; either may stand first, and an answer keeps the order of the question.</summary>
public sealed record ContactPair(string UserId, string OtherId);

/// <param name="Contacts">Those of the pairs that are accepted contacts.</param>
public sealed record ContactsAnswer(ContactPair[] Contacts);

/// <summary>RFC 9457 problem details with our code.</summary>
public sealed record Problem(string? Type, string? Title, int? Status, string? Detail, string? Code, bool? Retryable);
