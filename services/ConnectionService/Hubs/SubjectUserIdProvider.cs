using ImDapr.ServiceDefaults.Auth;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>A user is the subject of the token.</summary>
public sealed class SubjectUserIdProvider : IUserIdProvider
{
    public string GetUserId(HubConnectionContext connection) => connection.User.UserId();
}
