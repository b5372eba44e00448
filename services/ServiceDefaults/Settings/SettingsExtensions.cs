using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ImDapr.ServiceDefaults.Settings;

public static class SettingsExtensions
{
    /// <summary>Options from their section. A value that is wrong ends the start with a sentence that names the variable.</summary>
    public static IServiceCollection AddSettings<T>(this IServiceCollection services) where T : class
    {
        var settings = Of<T>();
        services.AddOptions<T>().BindConfiguration(settings.Section).ValidateOnStart();
        return services.AddSingleton<IValidateOptions<T>>(new SettingsValidation<T>(settings));
    }

    /// <summary>Options that are needed before there are services.</summary>
    /// <exception cref="OptionsValidationException">A value is wrong; the sentence names the variable.</exception>
    public static T GetSettings<T>(this IConfiguration configuration) where T : class, new()
    {
        var settings = Of<T>();
        var options = configuration.GetSection(settings.Section).Get<T>() ?? new T();
        return new SettingsValidation<T>(settings).Validate(null, options) is { Failed: true, Failures: var failures }
            ? throw new OptionsValidationException(settings.Section, typeof(T), failures)
            : options;
    }

    private static SettingsAttribute Of<T>() =>
        typeof(T).GetCustomAttribute<SettingsAttribute>() ?? throw new InvalidOperationException($"{typeof(T).Name} has no [Settings] attribute");
}
