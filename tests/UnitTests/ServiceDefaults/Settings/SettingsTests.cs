using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using ImDapr.IntegrationTests.Stacks;
using ImDapr.ServiceDefaults.Settings;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ImDapr.UnitTests.ServiceDefaults.Settings;

public sealed class SettingsTests
{
    public static IEnumerable<object[]> Limited => SettingsDocument.Options.SelectMany(options => SettingsDocument.PropertiesOf(options)
        .Where(property => property.GetCustomAttribute<RangeAttribute>() is not null)
        .Select(property => new object[] { options, property.Name }));

    [Fact]
    public void The_document_says_what_the_code_says()
    {
        var path = Path.Combine(Repository.Root, "docs", "configuration.md");
        var now = SettingsDocument.Write().ReplaceLineEndings("\n");
        // IMDAPR_WRITE_DOCS=1 ./test.sh writes it; to be read before it is committed.
        if (Environment.GetEnvironmentVariable("IMDAPR_WRITE_DOCS") == "1")
            File.WriteAllText(path, now);

        Assert.Equal(now, File.ReadAllText(path).ReplaceLineEndings("\n"));
    }

    [Theory]
    [MemberData(nameof(Limited))]
    public void A_value_beyond_its_range_is_refused_by_the_name_of_its_variable(Type options, string property)
    {
        var settings = options.GetCustomAttribute<SettingsAttribute>()!;
        var range = options.GetProperty(property)!.GetCustomAttribute<RangeAttribute>()!;
        var beyond = Convert.ToDouble(range.Maximum, CultureInfo.InvariantCulture) + 1;

        var refusal = Assert.Throws<OptionsValidationException>(() => Read(options, $"{settings.Section}:{property}", beyond.ToString("F0", CultureInfo.InvariantCulture)));

        Assert.Contains($"{settings.Section}__{property} is ", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Limited))]
    public void What_is_no_number_is_refused_by_the_name_of_its_option(Type options, string property)
    {
        var name = $"{options.GetCustomAttribute<SettingsAttribute>()!.Section}:{property}";

        Assert.Contains(name, Assert.Throws<InvalidOperationException>(() => Read(options, name, "many")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Defaults_are_right() => Assert.All(SettingsDocument.Options, options => Assert.NotNull(Read(options, "Nothing", "")));

    private static object Read(Type options, string name, string value) =>
        typeof(SettingsTests).GetMethod(nameof(ReadAs), BindingFlags.NonPublic | BindingFlags.Static)!
            .MakeGenericMethod(options).Invoke(null, BindingFlags.DoNotWrapExceptions, null, [name, value], null)!;

    private static T ReadAs<T>(string name, string value) where T : class
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create(name, (string?)value)]).Build();
        using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddSettings<T>().BuildServiceProvider();
        return services.GetRequiredService<IOptions<T>>().Value;
    }
}
