namespace ImDapr.LocalDapr.Resources;

/// <summary>One entry of <c>apps</c>, with what it takes from <c>common</c>. Paths are absolute.</summary>
public sealed record AppSpec(
    string AppId,
    string Folder,
    int Port,
    int HttpPort,
    int GrpcPort,
    IReadOnlyList<string> Command,
    IReadOnlyList<string> ResourcesPaths,
    IReadOnlyDictionary<string, string> Environment);

/// <summary>A multi-app run file (dapr.yaml), the fields that a local run needs (dapr-contract 7.5).</summary>
public sealed record RunFile(string File, string Folder, IReadOnlyList<AppSpec> Apps)
{
    private static readonly string[] Shared =
    [
        "appID", "appDirPath", "appPort", "daprHTTPPort", "daprGRPCPort", "daprInternalGRPCPort", "metricsPort", "profilePort", "command",
        "resourcesPaths", "resourcesPath", "env", "appProtocol", "logLevel", "appLogDestination", "daprdLogDestination", "configFilePath",
        "placementHostAddress", "schedulerHostAddress", "enableApiLogging", "enableProfiling",
    ];

    /// <exception cref="ResourceException">What is wrong, with file and line.</exception>
    public static RunFile Read(string path)
    {
        var file = Path.GetFullPath(path);
        if (!System.IO.File.Exists(file))
            throw new ResourceException($"{file}: there is no such file. Run LocalDapr in the folder of dapr.yaml, or name it with -f.");
        if (YamlMap.Load(file) is not [var root])
            throw new ResourceException($"{file}: one YAML document is expected");
        root.Expect("version", "name", "common", "apps");
        if (root.Required("version") != "1")
            throw root.Wrong("'version' must be 1");
        var folder = Path.GetDirectoryName(file)!;
        var common = root.Map("common");
        common?.Expect(Shared);
        var apps = root.Maps("apps").Select(app => ReadApp(app, common, folder)).ToList();
        return apps.Count > 0 ? new RunFile(file, folder, apps) : throw root.Wrong("'apps' is empty");
    }

    private static AppSpec ReadApp(YamlMap app, YamlMap? common, string folder)
    {
        app.Expect(Shared);
        RefuseOtherProtocols(app);
        var appFolder = Path.GetFullPath(app.Required("appDirPath"), folder);
        if (!Directory.Exists(appFolder))
            throw app.Wrong($"'appDirPath' {appFolder} does not exist");
        var command = app.Texts("command");
        if (command.Count == 0)
            throw app.Wrong("'command' is missing");
        return new AppSpec(
            app.Text("appID") ?? Path.GetFileName(appFolder), appFolder,
            app.Number("appPort") ?? throw app.Wrong("'appPort' is missing"),
            app.Number("daprHTTPPort") ?? 0, app.Number("daprGRPCPort") ?? 0,
            command, ReadResources(app, common, appFolder, folder), ReadEnvironment(app, common));
    }

    private static void RefuseOtherProtocols(YamlMap app)
    {
        if (app.Text("appProtocol") is { } protocol && protocol != "http")
            throw app.Wrong($"'appProtocol' {protocol} is not supported by LocalDapr; use http");
    }

    private static IReadOnlyList<string> ReadResources(YamlMap app, YamlMap? common, string appFolder, string folder)
    {
        var own = app.Texts("resourcesPaths");
        if (own.Count > 0)
            return [.. own.Select(path => Path.GetFullPath(path, appFolder))];
        if (app.Text("resourcesPath") is { } single)
            return [Path.GetFullPath(single, appFolder)];
        var local = Path.Combine(appFolder, ".dapr", "resources");
        if (Directory.Exists(local))
            return [local];
        var shared = common?.Texts("resourcesPaths") ?? [];
        if (shared.Count == 0 && common?.Text("resourcesPath") is { } sharedSingle)
            shared = [sharedSingle];
        return shared.Count > 0
            ? [.. shared.Select(path => Path.GetFullPath(path, folder))]
            : throw app.Wrong("no 'resourcesPaths' here or in 'common'");
    }

    private static Dictionary<string, string> ReadEnvironment(YamlMap app, YamlMap? common)
    {
        var environment = new Dictionary<string, string>();
        foreach (var map in new[] { common?.Map("env"), app.Map("env") }.OfType<YamlMap>())
        {
            foreach (var (name, _, _) in map.Entries())
                environment[name] = map.Text(name) ?? "";
        }
        return environment;
    }
}
