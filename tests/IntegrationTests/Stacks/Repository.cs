namespace ImDapr.IntegrationTests.Stacks;

/// <summary>Where things are in the repository that this test was built from.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot(AppContext.BaseDirectory);

    public static string Artifacts => Path.Combine(Root, "artifacts");

    /// <summary>The built program of a tool, in the configuration of this test.</summary>
    public static string Tool(string name) => Program("tools", name);

    /// <summary>The built program of a project beside the tests, in the configuration of this test.</summary>
    public static string TestProgram(string name) => Program("tests", name);

    /// <summary>The built program of a service; dapr.yaml names the same.</summary>
    public static string Service(string name) => Path.Combine(Root, "services", name, "bin", "app", $"ImDapr.{name}.dll");

    private static string Program(string folder, string name) => Path.Combine(Root, folder, name, "bin", Configuration, Framework, $"ImDapr.{name}.dll");

    // The output folder ends in bin/{configuration}/{framework}.
    private static string Framework => new DirectoryInfo(AppContext.BaseDirectory).Name;

    private static string Configuration => new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;

    private static string FindRoot(string folder) =>
        File.Exists(Path.Combine(folder, "ImDapr.sln"))
            ? folder
            : FindRoot(Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside of the repository"));
}
