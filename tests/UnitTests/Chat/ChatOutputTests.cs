using System.Text.Json;
using ImDapr.Chat.Terminal;
using ImDapr.Contracts;
using Spectre.Console;

namespace ImDapr.UnitTests.Chat;

public sealed class ChatOutputTests
{
    private readonly StringWriter _text = new();

    [Fact]
    public void Json_is_one_object_per_line_told_apart_by_event()
    {
        new JsonOutput(_text).Show(new ChatEvent.Received(Message("line\nbreak")));

        var line = Assert.Single(_text.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var json = JsonDocument.Parse(line).RootElement;
        Assert.Equal("message", json.GetProperty("event").GetString());
        Assert.Equal(3, json.GetProperty("message").GetProperty("seq").GetInt64());
        Assert.Equal("line\nbreak", json.GetProperty("message").GetProperty("body").GetProperty("text").GetString());
    }

    [Fact]
    public void Text_of_others_cannot_steer_the_terminal_or_the_markup()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(_text) });
        console.Profile.Width = 500;

        new ConsoleOutput(console, "ann").Show(new ChatEvent.Received(Message("\u001b[2J[red]boo[/]")));

        Assert.DoesNotContain('\u001b', _text.ToString());
        Assert.Contains("bob: \ufffd[2J[red]boo[/]", _text.ToString());
    }

    private static Message Message(string text) =>
        new("d:ann:bob", 3, "bob", "d1", "c1", MessageTypes.Text, JsonSerializer.SerializeToElement(new { text }), null, null, 0);
}
