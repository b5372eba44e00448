using Xunit.v3;

namespace ImDapr.DaprConformance.Systems;

/// <summary>Where the behaviour is written down: a file of daprd (<c>daprd:</c>), of its components (<c>cc:</c>), or a section of the contract.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Method, AllowMultiple = true)]
public sealed class SourceAttribute(string name) : Attribute, ITraitAttribute
{
    public string Name => name;

    public IReadOnlyCollection<KeyValuePair<string, string>> GetTraits() => [new("Source", name)];
}
