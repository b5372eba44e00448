using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.UserService.Accounts;

[Settings("Passwords")]
public sealed class PasswordHashing
{
    // The default of ASP.NET Core Identity.
    /// <summary>Rounds of PBKDF2 for a new hash: what one guess costs, and what one sign-in costs.</summary>
    [Range(1, 100_000_000)]
    public int IterationCount { get; init; } = 100_000;
}
