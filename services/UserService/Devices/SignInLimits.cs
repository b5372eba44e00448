using System.ComponentModel.DataAnnotations;
using ImDapr.ServiceDefaults.Limiting;
using ImDapr.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;

namespace ImDapr.UserService.Devices;

/// <summary>Section <c>RateLimits</c>, the part of this service.</summary>
[Settings("RateLimits")]
public sealed class SignInLimitOptions
{
    // Slow for who guesses passwords, and nothing that a person's devices come near to. 0 turns it off.
    /// <summary>Sign-ins a minute as one user at this instance, right or wrong.</summary>
    [Range(0, 60_000)]
    public double SignInsPerMinute { get; init; } = 12;

    /// <summary>Sign-ins of one user at once.</summary>
    [Range(1, 60_000)]
    public int SignInBurst { get; init; } = 30;
}

/// <summary>How often somebody may try to sign in as one user at this instance, right or wrong: checked before the password, which is dear to check.</summary>
public sealed class SignInLimits(IOptions<SignInLimitOptions> options, TimeProvider time)
{
    private readonly TokenBuckets _users = new(new Rate(options.Value.SignInsPerMinute / 60, options.Value.SignInBurst), time);

    /// <summary>Zero when it may be tried; else the time until it may.</summary>
    public TimeSpan Take(string userId) => _users.Take(userId);
}
