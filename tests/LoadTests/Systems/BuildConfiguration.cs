using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.LoadTests.Systems;

/// <summary>Debug or Release, of every program that is measured: dapr.yaml starts whatever was built last.</summary>
internal static class BuildConfiguration
{
    /// <summary>By name of the program.</summary>
    public static IReadOnlyDictionary<string, string> OfAll() => new Dictionary<string, string>
    {
        ["connection-service"] = Of(Service("ConnectionService")),
        ["message-service"] = Of(Service("MessageService")),
        ["user-service"] = Of(Service("UserService")),
        ["LocalDapr"] = Of(Repository.Tool("LocalDapr")),
        ["generator"] = Of(typeof(BuildConfiguration).Assembly.Location),
    };

    public static string Service(string project) => Path.Combine(Repository.Root, "services", project, "bin", "app", $"ImDapr.{project}.dll");

    private static string Of(string path)
    {
        using var file = new PEReader(File.OpenRead(path));
        var metadata = file.GetMetadataReader();
        foreach (var handle in metadata.GetAssemblyDefinition().GetCustomAttributes())
        {
            var attribute = metadata.GetCustomAttribute(handle);
            if (NameOf(metadata, attribute) != nameof(AssemblyConfigurationAttribute))
                continue;
            var value = metadata.GetBlobReader(attribute.Value);
            value.ReadUInt16(); // the prolog of every attribute
            return value.ReadSerializedString() ?? "unknown";
        }
        return "unknown";
    }

    private static string NameOf(MetadataReader metadata, CustomAttribute attribute) =>
        attribute.Constructor.Kind == HandleKind.MemberReference
        && metadata.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent is { Kind: HandleKind.TypeReference } type
            ? metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)type).Name)
            : "";
}
