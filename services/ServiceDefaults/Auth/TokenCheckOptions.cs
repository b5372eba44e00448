using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.ServiceDefaults.Auth;

/// <summary>Section <c>Tokens</c>, the part that every service reads.</summary>
[Settings("Tokens")]
public sealed class TokenCheckOptions
{
    /// <summary>Seconds that a token is accepted after its end. Clocks of one cluster agree within seconds; more only lengthens the life of a token.</summary>
    [Range(0, 300)]
    public int ClockSkewSeconds { get; init; } = 30;

    public TimeSpan ClockSkew => TimeSpan.FromSeconds(ClockSkewSeconds);
}
