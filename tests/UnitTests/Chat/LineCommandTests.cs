using ImDapr.Chat.Terminal;

namespace ImDapr.UnitTests.Chat;

public sealed class LineCommandTests
{
    [Fact]
    public void A_plain_line_is_a_message_as_it_was_written() =>
        Assert.Equal(new LineCommand.Say("  hi  bob "), LineCommand.Parse("  hi  bob "));

    [Fact]
    public void Two_slashes_send_a_line_that_begins_with_one() => Assert.Equal(new LineCommand.Say("/to"), LineCommand.Parse("//to"));

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    public void An_empty_line_is_nothing(string line) => Assert.Equal(new LineCommand.Nothing(), LineCommand.Parse(line));

    [Fact]
    public void Commands_take_their_arguments()
    {
        Assert.Equal(new LineCommand.To("bob"), LineCommand.Parse("/to  bob "));
        Assert.Equal(new LineCommand.In("d:ann:bob"), LineCommand.Parse("/in d:ann:bob"));
        Assert.Equal(new LineCommand.History(5), LineCommand.Parse("/history 5"));
        Assert.Equal(new LineCommand.History(20), LineCommand.Parse("/history"));
        Assert.Equal(new LineCommand.Quit(), LineCommand.Parse("/quit"));

        var group = Assert.IsType<LineCommand.Group>(LineCommand.Parse("/group team bob carl"));
        Assert.Equal("team", group.Name);
        Assert.Equal(["bob", "carl"], group.MemberIds);
    }

    [Theory]
    [InlineData("/to")]
    [InlineData("/to b;b")]
    [InlineData("/to bob carl")]
    [InlineData("/in nonsense")]
    [InlineData("/in d:bob:ann")]
    [InlineData("/group team")]
    [InlineData("/history 0")]
    [InlineData("/history 201")]
    [InlineData("/history x")]
    [InlineData("/who")]
    [InlineData("/nonsense")]
    public void A_command_that_is_not_understood_is_never_sent_as_a_message(string line) =>
        Assert.IsType<LineCommand.Wrong>(LineCommand.Parse(line));
}
