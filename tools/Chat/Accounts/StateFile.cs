using System.Text.Json;
using ImDapr.Chat.Syncing;

namespace ImDapr.Chat.Accounts;

/// <summary>Keeps a <see cref="DeviceState"/> in <c>{folder}/{server}/{user}.{device}.json</c>, replaced whole or not at all.</summary>
public sealed class StateFile
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly Lock _lock = new();
    private readonly string? _path;

    private StateFile(string? path, DeviceState state) => (_path, State) = (path, state);

    public DeviceState State { get; private set; }

    /// <summary>A device that forgets everything when its process ends.</summary>
    public static StateFile InMemory(ChatOptions options) => new(null, new(options.UserId, options.DeviceId, null, SyncState.Empty));

    /// <exception cref="ChatException">The file is there and cannot be read.</exception>
    public static StateFile Open(ChatOptions options)
    {
        var path = Path.Combine(options.DataFolder, $"{options.Origin.Host}-{options.Origin.Port}", $"{options.UserId}.{options.DeviceId}.json");
        if (!File.Exists(path))
            return new(path, new(options.UserId, options.DeviceId, null, SyncState.Empty));

        try
        {
            var state = JsonSerializer.Deserialize<DeviceState>(File.ReadAllBytes(path), Json);
            return new(path, state ?? throw new JsonException("the file is empty"));
        }
        catch (JsonException e)
        {
            throw new ChatException($"{path} is damaged ({e.Message}). Delete it to start this device anew.", e);
        }
    }

    /// <summary>Tokens and positions are saved by different loops: each changes only its own part.</summary>
    public void Update(Func<DeviceState, DeviceState> change)
    {
        lock (_lock)
        {
            State = change(State);
            if (_path is not null)
                Save(_path);
        }
    }

    private void Save(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var next = path + ".next";
        using (var file = new FileStream(next, Private))
            JsonSerializer.Serialize(file, State, Json);
        File.Move(next, path, overwrite: true);
    }

    // The refresh token is as good as a password: nobody else on this machine reads it.
    private static FileStreamOptions Private
    {
        get
        {
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            return options;
        }
    }
}
