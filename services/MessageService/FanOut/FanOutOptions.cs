using System.ComponentModel.DataAnnotations;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.MessageService.FanOut;

/// <summary>Section <c>FanOut</c>: how messages reach the members, by kind and size of the conversation (docs/storage-models.md).</summary>
[Settings("FanOut")]
public sealed class FanOutOptions : IValidatableObject
{
    /// <summary>Of conversations of two: <c>Reference</c>, <c>Copy</c> or <c>Timeline</c>.</summary>
    public FanOutPolicy Direct { get; init; } = FanOutPolicy.Reference;

    /// <summary>Of groups below the threshold; <c>Timeline</c>: of all groups.</summary>
    public FanOutPolicy Group { get; init; } = FanOutPolicy.Reference;

    /// <summary>Of system conversations: <c>Reference</c> or <c>Copy</c>, since a notification belongs into the inbox.</summary>
    public FanOutPolicy System { get; init; } = FanOutPolicy.Reference;

    // An append per member costs more than a read per online member from about here on.
    /// <summary>Members from which on a group is read as a timeline.</summary>
    [Range(2, 1_000_000)]
    public int TimelineFrom { get; init; } = 200;

    /// <summary>Members below which it goes back to the inboxes.</summary>
    [Range(1, 1_000_000)]
    public int TimelineBelow { get; init; } = 150;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (TimelineBelow > TimelineFrom)
            yield return new ValidationResult("FanOut__TimelineBelow is at most FanOut__TimelineFrom.");
        if (System == FanOutPolicy.Timeline)
            yield return new ValidationResult("FanOut__System is Reference or Copy.");
    }
}
