using System.ComponentModel.DataAnnotations;

namespace ImDapr.MessageService.Entities;

/// <summary>Section <c>Storage</c>: where message entities are kept (docs/decisions/0008).</summary>
public sealed class StorageOptions : IValidatableObject
{
    /// <summary>Entities are rows in MySQL and are kept for good.</summary>
    public const string RedisMySql = "redis+mysql";

    /// <summary>Entities are in the state store, until all recipients have acknowledged them or their time is over.</summary>
    public const string Redis = "redis";

    public string Model { get; init; } = RedisMySql;

    // As long as a device may stay away before it is dropped from its inbox.
    /// <summary>Days that an entity lives in the storage model <c>redis</c> if somebody never acknowledges it.</summary>
    [Range(1, 3650)]
    public int EntityTtlDays { get; init; } = 30;

    public TimeSpan EntityTtl => TimeSpan.FromDays(EntityTtlDays);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Model is not (RedisMySql or Redis))
            yield return new ValidationResult($"Storage:Model is {RedisMySql} or {Redis}, not '{Model}'.");
    }
}
