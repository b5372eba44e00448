using System.ComponentModel.DataAnnotations;

namespace ImDapr.UserService.Tokens;

public sealed class AccessTokenOptions
{
    // A stolen token works this long; a client refreshes this often.
    [Range(1, 86_400)]
    public int AccessLifetimeSeconds { get; init; } = 3_600;

    [Range(1, 365)]
    public int RefreshLifetimeDays { get; init; } = 30;
}
