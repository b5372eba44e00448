using System.ComponentModel.DataAnnotations;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.MessageService.Entities;

/// <summary>Section <c>Storage</c>: where message entities are kept (docs/decisions/0008).</summary>
[Settings("Storage")]
public sealed class StorageOptions : IValidatableObject
{
    /// <summary>Entities are rows in MySQL and are kept for good.</summary>
    public const string RedisMySql = "redis+mysql";

    /// <summary>Entities are in the state store, until all recipients have acknowledged them or their time is over.</summary>
    public const string Redis = "redis";

    /// <summary>Where message entities are kept: <c>redis+mysql</c> or <c>redis</c>.</summary>
    public string Model { get; init; } = RedisMySql;

    /// <summary>
    /// Bindings of the databases that conversations are spread over, separated by commas; their number and order are for good
    /// (docs/storage-models.md).
    /// </summary>
    [RegularExpression("[^,\\s]+(,[^,\\s]+)*", ErrorMessage = "Storage__Bindings is a list of binding names, separated by commas without spaces.")]
    public string Bindings { get; init; } = DaprNames.Entities;

    // As long as a device may stay away before it is dropped from its inbox.
    /// <summary>Days that an entity lives in the storage model <c>redis</c> if somebody never acknowledges it.</summary>
    [Range(1, 3650)]
    public int EntityTtlDays { get; init; } = 30;

    public TimeSpan EntityTtl => TimeSpan.FromDays(EntityTtlDays);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (Bindings.Split(',') is var bindings && bindings.Distinct(StringComparer.Ordinal).Count() < bindings.Length)
            yield return new ValidationResult($"Storage__Bindings names a binding twice: {Bindings}.");
        if (Model is not (RedisMySql or Redis))
            yield return new ValidationResult($"Storage__Model is {RedisMySql} or {Redis}, not '{Model}'.");
    }
}
