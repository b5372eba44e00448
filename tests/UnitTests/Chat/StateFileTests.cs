using ImDapr.Chat;
using ImDapr.Chat.Accounts;
using ImDapr.Chat.Syncing;

namespace ImDapr.UnitTests.Chat;

public sealed class StateFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("imdapr-chat-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_was_saved_is_there_after_a_restart()
    {
        var sync = new SyncState(7, "e1", new Dictionary<string, long> { ["d:ann:bob"] = 5 });

        StateFile.Open(Options()).Update(state => state with { RefreshToken = "r", Sync = sync });
        var reopened = StateFile.Open(Options()).State;

        Assert.Equal("r", reopened.RefreshToken);
        Assert.Equal((7, "e1", 5), (reopened.Sync.Position, reopened.Sync.Epoch, reopened.Sync.Shown["d:ann:bob"]));
    }

    [Fact]
    public void Devices_and_servers_do_not_share_a_file()
    {
        StateFile.Open(Options()).Update(state => state with { RefreshToken = "r" });

        Assert.Null(StateFile.Open(Options() with { DeviceId = "other" }).State.RefreshToken);
        Assert.Null(StateFile.Open(Options() with { Server = "http://localhost:9" }).State.RefreshToken);
    }

    [Fact]
    public void A_damaged_file_is_named_instead_of_overwritten()
    {
        StateFile.Open(Options()).Update(state => state with { RefreshToken = "r" });
        var path = Directory.GetFiles(_folder, "*.json", SearchOption.AllDirectories).Single();
        File.WriteAllText(path, "{\"userId\":");

        var error = Assert.Throws<ChatException>(() => StateFile.Open(Options()));

        Assert.Contains(path, error.Message);
        Assert.Equal("{\"userId\":", File.ReadAllText(path));
    }

    [Fact]
    public void Nobody_else_reads_the_refresh_token()
    {
        if (OperatingSystem.IsWindows())
            return;

        StateFile.Open(Options()).Update(state => state with { RefreshToken = "r" });

        var path = Directory.GetFiles(_folder, "*.json", SearchOption.AllDirectories).Single();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    private ChatOptions Options() => new("ann", "http://localhost:8080", null, "terminal", false, _folder, 0, null);
}
