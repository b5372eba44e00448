using ImDapr.Chaos.Network;
using ImDapr.IntegrationTests.Stacks;

namespace ImDapr.Chaos.Processes;

/// <summary>Addresses of one instance of a service and of its sidecar, with a line between the two that can be cut.</summary>
internal sealed class ServiceInstance : IAsyncDisposable
{
    private readonly string _logFolder;
    private readonly TcpProxy[] _lines;
    private Victim? _process;

    public ServiceInstance(string appId, int index, string logFolder)
    {
        (AppId, Index, _logFolder) = (appId, index, logFolder);
        // Whoever of the two calls the other goes through the line.
        _lines = [new(FreePorts.Next(), AppPort), new(FreePorts.Next(), SidecarHttpPort), new(FreePorts.Next(), SidecarGrpcPort)];
        ClockFile = Path.Combine(logFolder, $"{Name}.clock");
        File.Delete(ClockFile);
    }

    public string AppId { get; }

    public int Index { get; }

    public string Name => $"{AppId}-{Index}";

    public int AppPort { get; } = FreePorts.Next();

    public int SidecarHttpPort { get; } = FreePorts.Next();

    public int SidecarGrpcPort { get; } = FreePorts.Next();

    /// <summary>Where the platform asks for health and metrics.</summary>
    public int ManagementPort { get; } = FreePorts.Next();

    /// <summary>Where the sidecar finds the service.</summary>
    public int AppPortForSidecar => _lines[0].Port;

    public string ClockFile { get; }

    public Victim Process => _process ?? throw new InvalidOperationException($"{Name} has not been started");

    /// <summary>Whether a load balancer may send it clients: it was not told to stop, and it answers.</summary>
    public bool IsServing { get; set; }

    /// <summary>The checkout whose build is started next.</summary>
    public string Checkout { get; set; } = Repository.Root;

    public string Folder => Path.Combine(Checkout, "services", FolderName);

    private string FolderName => string.Concat(AppId.Split('-').Select(word => char.ToUpperInvariant(word[0]) + word[1..]));

    public void Start(IReadOnlyDictionary<string, string> settings)
    {
        _process ??= new Victim(new Launch(Name, Folder, ["dotnet", $"bin/app/ImDapr.{FolderName}.dll"], Environment(settings)), _logFolder);
        _process.Folder = Folder;
        _process.Start();
    }

    /// <summary>Cuts or mends the line between the service and its sidecar.</summary>
    public void SetLine(bool isCut)
    {
        foreach (var line in _lines)
        {
            line.Refuses = isCut;
            if (isCut)
                line.Reset();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        foreach (var line in _lines)
            await line.DisposeAsync();
    }

    private Dictionary<string, string> Environment(IReadOnlyDictionary<string, string> settings)
    {
        var clock = Repository.TestProgram("ChaosClock");
        return new Dictionary<string, string>(settings)
        {
            ["APP_ID"] = AppId,
            ["APP_PORT"] = $"{AppPort}",
            ["DAPR_HTTP_PORT"] = $"{_lines[1].Port}",
            ["DAPR_GRPC_PORT"] = $"{_lines[2].Port}",
            ["DAPR_HTTP_ENDPOINT"] = $"http://127.0.0.1:{_lines[1].Port}",
            ["DAPR_GRPC_ENDPOINT"] = $"http://127.0.0.1:{_lines[2].Port}",
            ["DOTNET_STARTUP_HOOKS"] = clock,
            ["ASPNETCORE_HOSTINGSTARTUPASSEMBLIES"] = Path.GetFileNameWithoutExtension(clock),
            ["CHAOS_CLOCK_FILE"] = ClockFile,
            ["Log__Json"] = "true",
            ["Management__Port"] = $"{ManagementPort}",
        };
    }
}
