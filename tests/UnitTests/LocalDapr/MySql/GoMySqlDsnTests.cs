using ImDapr.LocalDapr.MySql;
using ImDapr.LocalDapr.Resources;
using MySqlConnector;

namespace ImDapr.UnitTests.LocalDapr.MySql;

public sealed class GoMySqlDsnTests
{
    [Theory]
    [InlineData("root@tcp(127.0.0.1:3307)/imdapr", "root", "", "127.0.0.1", 3307, "imdapr")]
    [InlineData("u:p@ss:w/rd@tcp(db.local)/a?parseTime=true", "u", "p@ss:w/rd", "db.local", 3306, "a")]
    [InlineData("u:p@tcp([::1]:3306)/a%2Fb", "u", "p", "::1", 3306, "a/b")]
    [InlineData("u@/a", "u", "", "127.0.0.1", 3306, "a")]
    [InlineData("/", "", "", "127.0.0.1", 3306, "")]
    public void Address_and_credentials_are_read_as_by_Gos_driver(string url, string user, string password, string host, int port, string database)
    {
        var settings = Parse(url).Settings;

        Assert.Equal((user, password, host, (uint)port, database), (settings.UserID, settings.Password, settings.Server, settings.Port, settings.Database));
    }

    [Fact]
    public void A_socket_is_a_path()
    {
        var settings = Parse("u:p@unix(/run/my.sock)/a").Settings;

        Assert.Equal(("/run/my.sock", MySqlConnectionProtocol.UnixSocket), (settings.Server, settings.ConnectionProtocol));
    }

    [Fact]
    public void Parameters_that_matter_are_followed()
    {
        var dsn = Parse("u@/a?timeout=1500ms&tls=skip-verify&clientFoundRows=true&multiStatements=true&charset=utf8mb4&loc=UTC");

        Assert.Equal((2u, MySqlSslMode.Required, false), (dsn.Settings.ConnectionTimeout, dsn.Settings.SslMode, dsn.Settings.UseAffectedRows));
        Assert.True(dsn.MultiStatements);
    }

    [Theory]
    [InlineData("u:secret")]
    [InlineData("u:secret@udp(host)/a")]
    [InlineData("u:secret@/a?loc=Local")]
    [InlineData("u:secret@/a?charset=latin1")]
    [InlineData("u:secret@/a?multiStatements=perhaps")]
    [InlineData("u:secret@/a?max_execution_time=5")]
    public void What_would_not_be_followed_is_refused_without_telling_the_password(string url)
    {
        var error = Assert.Throws<ComponentException>(() => Parse(url));

        Assert.DoesNotContain("secret", error.Message);
    }

    private static GoMySqlDsn Parse(string url) => GoMySqlDsn.Parse(Components.Spec("bindings.mysql", "/", ("url", url)), "url");
}
