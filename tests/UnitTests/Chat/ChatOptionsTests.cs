using ImDapr.Chat;

namespace ImDapr.UnitTests.Chat;

public sealed class ChatOptionsTests
{
    private static readonly ChatOptions Good = new("ann", "http://localhost:8080", null, "terminal", false, "/tmp", 0, null);

    [Fact]
    public void Good_options_have_no_problem() => Assert.Null(Good.Problem());

    [Fact]
    public void The_development_password_is_not_sent_to_another_machine()
    {
        var remote = Good with { Server = "https://chat.example.com" };

        Assert.Contains("--password", remote.Problem());
        Assert.Null((remote with { Password = "secret" }).Problem());
    }

    [Fact]
    public void Bad_options_are_named()
    {
        Assert.StartsWith("--as", (Good with { UserId = "a;b" }).Problem());
        Assert.StartsWith("--device", (Good with { DeviceId = "" }).Problem());
        Assert.StartsWith("--server", (Good with { Server = "localhost" }).Problem());
        Assert.StartsWith("--linger", (Good with { Linger = double.NaN }).Problem());
        Assert.StartsWith("--until", (Good with { Until = 0 }).Problem());
    }
}
