namespace ImDapr.ServiceDefaults.Settings;

/// <summary>
/// Options that a platform sets, by the environment (<c>Section__Name</c>) or any other configuration of .NET. docs/configuration.md lists every one of
/// them: its default, its range, and the summary of its property.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class SettingsAttribute(string section) : Attribute
{
    public string Section => section;

    /// <summary>How an environment variable names the property.</summary>
    public string Variable(string property) => $"{section}__{property}";
}
