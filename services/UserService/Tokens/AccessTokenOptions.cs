using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.UserService.Tokens;

[Settings("Tokens")]
public sealed class AccessTokenOptions
{
    // A stolen token works this long; a client refreshes this often.
    /// <summary>Seconds that an access token is good for.</summary>
    [Range(1, 86_400)]
    public int AccessLifetimeSeconds { get; init; } = 3_600;

    /// <summary>Days after which a device that was not used signs in with its password again.</summary>
    [Range(1, 365)]
    public int RefreshLifetimeDays { get; init; } = 30;
}
