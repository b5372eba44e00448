using Microsoft.AspNetCore.Identity;

namespace ImDapr.UserService.Accounts;

/// <summary>Passwords, hashed by ASP.NET Core Identity's hasher (PBKDF2, HMAC-SHA512).</summary>
public sealed class PasswordRules(IPasswordHasher<string> hasher)
{
    public const int MinLength = 8;
    public const int MaxLength = 256;

    // What the password of a user who does not exist is compared with: the answer must take as long as for one who does.
    private readonly Lazy<string> _nobody = new(() => hasher.HashPassword("", Guid.NewGuid().ToString()));

    public static bool IsAcceptable(string? password) => password is { Length: >= MinLength and <= MaxLength };

    public string Hash(string userId, string password) => hasher.HashPassword(userId, password);

    /// <param name="userId">User who signs in.</param>
    /// <param name="hash">The stored hash; null for a user who does not exist.</param>
    /// <param name="password">Password to check.</param>
    public bool Matches(string userId, string? hash, string password) =>
        hasher.VerifyHashedPassword(userId, hash ?? _nobody.Value, password) != PasswordVerificationResult.Failed && hash is not null;
}
