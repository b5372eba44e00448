using System.Reflection;
using Xunit.v3;

namespace ImDapr.DaprConformance.Systems;

/// <summary>A case without a source would be an opinion.</summary>
public sealed class SourceCases
{
    [Fact]
    [Source("tests/DaprConformance/README.md")]
    public void Every_case_names_its_source()
    {
        var nameless = typeof(SourceCases).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            .Where(method => method.GetCustomAttributes().OfType<IFactAttribute>().Any() && !HasSource(method) && !HasSource(method.DeclaringType!))
            .Select(method => $"{method.DeclaringType!.Name}.{method.Name}");

        Assert.Empty(nameless);
    }

    private static bool HasSource(MemberInfo member) => member.GetCustomAttributes<SourceAttribute>().Any();
}
