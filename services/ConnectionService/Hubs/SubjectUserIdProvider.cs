using ImDapr.ServiceDefaults.Auth;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>Pushes address users by the subject of their token.</summary>
public sealed class SubjectUserIdProvider : IUserIdProvider
{
    public string GetUserId(HubConnectionContext connection) => connection.User.UserId();
}
