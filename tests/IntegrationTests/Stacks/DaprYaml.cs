using YamlDotNet.RepresentationModel;

namespace ImDapr.IntegrationTests.Stacks;

/// <summary>A copy of one of the repository's own dapr.yaml files that runs beside others: free ports, absolute paths, its own components.</summary>
internal sealed class DaprYaml
{
    private readonly Dictionary<string, List<int>> _ports = [];
    private readonly Dictionary<string, List<int>> _sidecarPorts = [];
    private readonly Dictionary<string, List<int>> _managementPorts = [];

    private DaprYaml(string path) => Path = path;

    public string Path { get; }

    /// <summary>App ports of all instances of an app, in the file's order.</summary>
    public IReadOnlyList<int> PortsOf(string appId) => _ports[appId];

    /// <summary>HTTP ports of the sidecars of all instances of an app.</summary>
    public IReadOnlyList<int> SidecarPortsOf(string appId) => _sidecarPorts[appId];

    /// <summary>Management ports of all instances of an app.</summary>
    public IReadOnlyList<int> ManagementPortsOf(string appId) => _managementPorts[appId];

    /// <param name="template">The file to copy, relative to the repository.</param>
    /// <param name="folder">Folder of the copy; embedded data go below it.</param>
    public static DaprYaml Write(string template, string folder, IReadOnlyDictionary<string, string> environment)
    {
        var source = System.IO.Path.Combine(Repository.Root, template);
        var stream = new YamlStream();
        using (var reader = File.OpenText(source))
            stream.Load(reader);
        var root = (YamlMappingNode)stream.Documents[0].RootNode;

        var copy = new DaprYaml(System.IO.Path.Combine(folder, "dapr.yaml"));
        copy.Rewrite(root, System.IO.Path.GetDirectoryName(source)!, environment);
        using (var writer = File.CreateText(copy.Path))
            stream.Save(writer, assignAnchors: false);
        return copy;
    }

    private void Rewrite(YamlMappingNode root, string sourceFolder, IReadOnlyDictionary<string, string> environment)
    {
        var common = (YamlMappingNode)root.Children["common"];
        common.Children["resourcesPaths"] = new YamlSequenceNode(new YamlScalarNode("./components"));
        var env = (YamlMappingNode)common.Children["env"];
        foreach (var (name, value) in environment)
            env.Children[name] = new YamlScalarNode(value) { Style = YamlDotNet.Core.ScalarStyle.DoubleQuoted };

        foreach (var app in ((YamlSequenceNode)root.Children["apps"]).Cast<YamlMappingNode>())
            RewriteApp(app, sourceFolder);
    }

    private void RewriteApp(YamlMappingNode app, string sourceFolder)
    {
        var env = app.Children.TryGetValue("env", out var given) ? (YamlMappingNode)given : [];
        app.Children["env"] = env;
        env.Children["Management__Port"] = new YamlScalarNode($"{Take(app, _managementPorts)}") { Style = YamlDotNet.Core.ScalarStyle.DoubleQuoted };
        if (app.Children.ContainsKey(new YamlScalarNode("appPort")))
            GivePort(app, "appPort", _ports);
        GivePort(app, "daprHTTPPort", _sidecarPorts);
        var appFolder = ((YamlScalarNode)app.Children["appDirPath"]).Value!;
        app.Children["appDirPath"] = new YamlScalarNode(System.IO.Path.GetFullPath(appFolder, sourceFolder));
        foreach (var sidecarPort in new[] { "daprGRPCPort", "metricsPort" })
            app.Children.Remove(new YamlScalarNode(sidecarPort));
    }

    private static void GivePort(YamlMappingNode app, string name, Dictionary<string, List<int>> ports) =>
        app.Children[name] = new YamlScalarNode($"{Take(app, ports)}");

    private static int Take(YamlMappingNode app, Dictionary<string, List<int>> ports)
    {
        var port = FreePorts.Next();
        var appId = ((YamlScalarNode)app.Children["appID"]).Value!;
        if (!ports.TryGetValue(appId, out var ofApp))
            ports[appId] = ofApp = [];
        ofApp.Add(port);
        return port;
    }
}
