using System.ComponentModel.DataAnnotations;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.MessageService.Inbox;

/// <summary>Section <c>Sessions</c>: the login policy.</summary>
[Settings("Sessions")]
public sealed class SessionsOptions : IValidatableObject
{
    /// <summary>
    /// Groups of platforms of which only one device may be online at a time; the newest stays. <c>[["ios", "android"]]</c>: one phone. Empty: as
    /// many as there are, of any platform.
    /// </summary>
    public string[][] Exclusive { get; init; } = [];

    /// <summary>Whether devices of these two platforms may not be online together.</summary>
    public bool Excludes(string platform, string other) =>
        Array.Exists(Exclusive, group => group.Contains(platform) && group.Contains(other));

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Exclusive.SelectMany(group => group).Except(Platforms.All)
            .Select(unknown => new ValidationResult($"Sessions__Exclusive: there is no platform {unknown}; there are {string.Join(", ", Platforms.All)}."));
}
