using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ImDapr.ServiceDefaults.Settings;

/// <summary>Checks the annotations of options; every sentence names the variable as the platform has set it.</summary>
internal sealed class SettingsValidation<T>(SettingsAttribute settings) : IValidateOptions<T> where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        var wrong = new List<ValidationResult>();
        return Validator.TryValidateObject(options, new ValidationContext(options), wrong, validateAllProperties: true)
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail(wrong.Select(result => Sentence(options, result)));
    }

    // What options say of themselves names its members in its own words.
    private string Sentence(T options, ValidationResult wrong) =>
        wrong.MemberNames.FirstOrDefault() is not { } member || typeof(T).GetProperty(member) is not { } property
            ? wrong.ErrorMessage!
            : property.GetCustomAttributes(typeof(RangeAttribute), inherit: true) is [RangeAttribute range]
                ? $"{settings.Variable(member)} is {range.Minimum} to {range.Maximum}, not {property.GetValue(options)}."
                : $"{settings.Variable(member)}: {wrong.ErrorMessage}";
}
