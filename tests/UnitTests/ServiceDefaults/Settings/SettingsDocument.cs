using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.UnitTests.ServiceDefaults.Settings;

/// <summary>docs/configuration.md as the code says it.</summary>
internal static partial class SettingsDocument
{
    private static readonly (string Service, Assembly Assembly)[] Sources =
    [
        ("every service", typeof(SettingsAttribute).Assembly),
        ("connection-service", typeof(ImDapr.ConnectionService.Hubs.ImHub).Assembly),
        ("message-service", typeof(ImDapr.MessageService.Sending.MessageWriter).Assembly),
        ("user-service", typeof(ImDapr.UserService.Groups.GroupOptions).Assembly),
    ];

    /// <summary>All options that a platform sets.</summary>
    public static IEnumerable<Type> Options => Sources.SelectMany(source => OptionsOf(source.Assembly));

    public static IEnumerable<PropertyInfo> PropertiesOf(Type options) =>
        options.GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Where(property => property.CanWrite);

    public static string Write()
    {
        var text = new StringBuilder(
            """
            # Configuration

            Written by a test from the code (`SettingsTests`). Every option is set by an environment variable of this name, or by any other source of .NET's
            configuration (`Section:Name`). A value that is wrong ends the start with a sentence that names it.

            """);
        foreach (var (service, assembly) in Sources)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {char.ToUpperInvariant(service[0])}{service[1..]}\n\n| variable | default | range | meaning |\n| --- | --- | --- | --- |\n");
            var meanings = MeaningsOf(assembly);
            foreach (var options in OptionsOf(assembly))
            {
                foreach (var property in PropertiesOf(options))
                    text.Append(Row(options, property, meanings[$"P:{options.FullName}.{property.Name}"]));
            }
        }
        return text.Append(
            """

            ## Set by Dapr, or shared with other programs

            | variable | meaning |
            | --- | --- |
            | `ASPNETCORE_HTTP_PORTS` | port of the app in a container; `APP_PORT`, which Dapr's CLI sets, wins and listens on localhost only |
            | `ASPNETCORE_URLS` | where the app listens, if not on that port of every address |
            | `ASPNETCORE_FORWARDEDHEADERS_ENABLED` | `true`: the client's address, by which connection-service limits, is what the proxy before it says |
            | `APP_API_TOKEN`, `DAPR_API_TOKEN` | tokens between an app and its sidecar, each way; Dapr's injector sets those of the sidecar, `k8s/` those of the app |
            | `DAPR_HTTP_PORT`, `DAPR_GRPC_PORT` | where the sidecar is |
            | `IMDAPR_REDIS_HOST`, `IMDAPR_REDIS_USERNAME`, `IMDAPR_REDIS_PASSWORD`, `IMDAPR_REDIS_TLS` | Redis of the components; connection-service takes its backplane from them unless `Backplane__Redis` is set |
            | `IMDAPR_MYSQL_DSN` | database of the components, as the Go driver writes it; no service reads it |
            | `Kestrel__Limits__…` | limits of ASP.NET Core's server, such as `MaxConcurrentConnections` (60,000) |
            | `OTEL_…` | traces, see [operations](operations.md#traces) |

            """).ToString();
    }

    private static IEnumerable<Type> OptionsOf(Assembly assembly) => assembly.GetTypes()
        .Where(type => type.GetCustomAttribute<SettingsAttribute>() is not null)
        .OrderBy(type => type.GetCustomAttribute<SettingsAttribute>()!.Section, StringComparer.Ordinal);

    private static string Row(Type options, PropertyInfo property, string meaning)
    {
        var variable = options.GetCustomAttribute<SettingsAttribute>()!.Variable(property.Name);
        return $"| `{variable}` | {Default(property.GetValue(Activator.CreateInstance(options)))} | {Range(property)} | {meaning} |\n";
    }

    private static string Default(object? value) => value switch
    {
        null or "" or Array { Length: 0 } => "",
        IFormattable number and not Enum => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        _ => $"`{value}`",
    };

    private static string Range(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return property.GetCustomAttribute<RangeAttribute>() is { } range ? string.Create(CultureInfo.InvariantCulture, $"{range.Minimum:N0} – {range.Maximum:N0}")
            : type.IsEnum ? string.Join(", ", Enum.GetNames(type))
            : type == typeof(bool) ? "true, false"
            : "";
    }

    /// <summary>Summaries of an assembly's members, as one line of Markdown.</summary>
    private static Dictionary<string, string> MeaningsOf(Assembly assembly) =>
        XDocument.Load(Path.Combine(AppContext.BaseDirectory, $"{assembly.GetName().Name}.xml")).Descendants("member")
            .Where(member => member.Element("summary") is not null)
            .ToDictionary(member => member.Attribute("name")!.Value, member => Markdown(member.Element("summary")!));

    private static string Markdown(XElement summary)
    {
        var text = string.Concat(summary.Nodes().Select(node => node switch
        {
            XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
            XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")!.Value.Split('.')[^1]}`",
            _ => node.ToString(),
        }));
        return Blanks().Replace(text, " ").Trim().Replace("|", "\\|", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
