using ImDapr.LocalDapr.Hosting;
using ImDapr.LocalDapr.Invocation;

namespace ImDapr.LocalDapr.Resources;

/// <summary>One entry of <c>apps</c>, with what it takes from <c>common</c>. Paths are absolute.</summary>
public sealed record AppSpec(
    SidecarOptions Sidecar, string Folder, IReadOnlyList<string> Command, IReadOnlyDictionary<string, string> Environment)
{
    public string AppId => Sidecar.AppId;

    /// <summary>0 for an app that does not listen: it only calls its sidecar.</summary>
    public int Port => Sidecar.AppPort;

    public bool Listens => Port > 0;

    /// <summary>False: somebody else starts the app, and it gets its sidecar alone.</summary>
    public bool IsStarted => Command.Count > 0;
}

/// <summary>A multi-app run file (dapr.yaml), the fields that a local run needs (dapr-contract 7.5).</summary>
/// <param name="Notes">What is in it without effect, with its place.</param>
public sealed record RunFile(string File, string Folder, IReadOnlyList<AppSpec> Apps, IReadOnlyList<string> Notes)
{
    private static readonly string[] WithoutEffect =
    [
        "daprInternalGRPCPort", "metricsPort", "profilePort", "logLevel", "appLogDestination", "daprdLogDestination", "placementHostAddress",
        "schedulerHostAddress", "enableApiLogging", "enableProfiling", "readBufferSize", "runtimePath",
    ];

    private static readonly string[] Shared =
    [
        .. WithoutEffect, "appID", "appDirPath", "appPort", "daprHTTPPort", "daprGRPCPort", "command", "resourcesPaths", "resourcesPath", "env", "appProtocol",
        "configFilePath", "appMaxConcurrency", "maxBodySize", "enableAppHealthCheck", "appHealthCheckPath", "appHealthProbeInterval", "appHealthProbeTimeout",
        "appHealthThreshold", "appChannelAddress",
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
        return apps.Count > 0 ? new RunFile(file, folder, apps, NotesOn([common, .. root.Maps("apps")])) : throw root.Wrong("'apps' is empty");
    }

    private static AppSpec ReadApp(YamlMap app, YamlMap? common, string folder)
    {
        app.Expect(Shared);
        RefuseOtherProtocols(app);
        if (common is not null)
            RefuseOtherProtocols(common);
        var appFolder = Path.GetFullPath(app.Required("appDirPath"), folder);
        if (!Directory.Exists(appFolder))
            throw app.Wrong($"'appDirPath' {appFolder} does not exist");
        var both = new Shares(app, common);
        var sidecar = new SidecarOptions(
            app.Text("appID") ?? Path.GetFileName(appFolder), Math.Max(0, app.Number("appPort") ?? 0),
            ReadResources(app, common, appFolder, folder))
        {
            HttpPort = Math.Max(0, app.Number("daprHTTPPort") ?? 0),
            GrpcPort = Math.Max(0, app.Number("daprGRPCPort") ?? 0),
            ConfigurationFile = ReadConfiguration(app, common, appFolder, folder),
            WorkingFolder = folder,
            AppHealth = ReadHealth(both),
            AppMaxConcurrency = both.Number("appMaxConcurrency") ?? -1,
            MaxBodyBytes = both.Bytes("maxBodySize") ?? SidecarOptions.DefaultMaxBodyBytes,
        };
        return new AppSpec(sidecar, appFolder, app.Texts("command"), ReadEnvironment(app, common));
    }

    private static AppHealthOptions? ReadHealth(Shares both)
    {
        if (!both.Flag("enableAppHealthCheck"))
            return null;
        // In this file intervals are whole seconds and the timeout is milliseconds, as in the flags of daprd.
        var usual = AppHealthOptions.Default;
        return new AppHealthOptions(
            both.Text("appHealthCheckPath") ?? usual.Path,
            both.Number("appHealthProbeInterval") is > 0 and var seconds ? TimeSpan.FromSeconds(seconds) : usual.Interval,
            both.Number("appHealthProbeTimeout") is > 0 and var milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : usual.Timeout,
            both.Number("appHealthThreshold") is > 0 and var threshold ? threshold : usual.Threshold);
    }

    private static string? ReadConfiguration(YamlMap app, YamlMap? common, string appFolder, string folder)
    {
        if (app.Text("configFilePath") is { Length: > 0 } own)
            return Path.GetFullPath(own, appFolder);
        var local = Path.Combine(appFolder, ".dapr", "config.yaml");
        if (System.IO.File.Exists(local))
            return local;
        return common?.Text("configFilePath") is { Length: > 0 } shared ? Path.GetFullPath(shared, folder) : null;
    }

    private static List<string> NotesOn(IEnumerable<YamlMap?> maps) =>
        [.. from map in maps.OfType<YamlMap>() from name in WithoutEffect where map.Find(name) is not null select $"{map.PlaceOf(name)}: '{name}' has no effect in LocalDapr"];

    private static void RefuseOtherProtocols(YamlMap map)
    {
        if (map.Text("appChannelAddress") is { } address && address is not ("127.0.0.1" or "localhost"))
            throw map.Wrong("appChannelAddress", $"{address} is not supported by LocalDapr; apps run on this machine");
        if (map.Text("appProtocol") is { } protocol && protocol != "http")
            throw map.Wrong("appProtocol", $"{protocol} is not supported by LocalDapr; use http");
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

    /// <summary>What an app says, or else what is said for all.</summary>
    private sealed record Shares(YamlMap App, YamlMap? Common)
    {
        public string? Text(string name) => App.Text(name) ?? Common?.Text(name);

        public int? Number(string name) => App.Number(name) ?? Common?.Number(name);

        public bool Flag(string name) => App.Find(name) is not null ? App.Flag(name) : Common?.Flag(name) ?? false;

        /// <summary>A quantity such as <c>4Mi</c>, or a bare number of bytes.</summary>
        public int? Bytes(string name)
        {
            if (Text(name) is not { Length: > 0 } text)
                return null;
            var units = new (string Suffix, int Size)[] { ("Ki", 1024), ("Mi", 1024 * 1024), ("k", 1000), ("M", 1_000_000), ("", 1) };
            var (suffix, size) = units.First(unit => text.EndsWith(unit.Suffix, StringComparison.Ordinal));
            return int.TryParse(text[..^suffix.Length], out var count) && count > 0 && count <= int.MaxValue / size
                ? count * size
                : throw (App.Find(name) is null ? Common! : App).Wrong(name, $"'{text}' is no size such as 4Mi");
        }
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
