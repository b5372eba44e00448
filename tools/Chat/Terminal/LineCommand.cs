using ImDapr.Contracts;

namespace ImDapr.Chat.Terminal;

/// <summary>What a line of input asks for.</summary>
public abstract record LineCommand
{
    private const int HistoryDefault = 20;

    public sealed record Say(string Text) : LineCommand;

    public sealed record To(string UserId) : LineCommand;

    public sealed record In(string ConversationId) : LineCommand;

    public sealed record Group(string Name, string[] MemberIds) : LineCommand;

    public sealed record List : LineCommand;

    public sealed record History(int Count) : LineCommand;

    public sealed record Who(string[] UserIds) : LineCommand;

    public sealed record Read : LineCommand;

    public sealed record Help : LineCommand;

    public sealed record Quit : LineCommand;

    public sealed record Nothing : LineCommand;

    public sealed record Wrong(string Why) : LineCommand;

    /// <summary>A line that begins with a slash is a command (two slashes: a message that begins with one), an empty one is nothing.</summary>
    public static LineCommand Parse(string line)
    {
        if (string.IsNullOrWhiteSpace(line))
            return new Nothing();
        if (line.StartsWith("//", StringComparison.Ordinal))
            return new Say(line[1..]);
        if (line[0] != '/')
            return new Say(line);

        return line.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) switch
        {
            ["/to", var user] when Ids.IsValid(user) => new To(user),
            ["/to", ..] => new Wrong("/to USER"),
            ["/in", var id] when ImDapr.Contracts.ConversationId.TryParse(id) is not null => new In(id),
            ["/in", ..] => new Wrong("/in CONVERSATION_ID, as /list shows it"),
            ["/group", var name, .. var members] when members.Length > 0 && members.All(Ids.IsValid) => new Group(name, members),
            ["/group", ..] => new Wrong("/group NAME USER [USER ...]"),
            ["/list"] => new List(),
            ["/history"] => new History(HistoryDefault),
            ["/history", var text] when int.TryParse(text, out var count) && count is >= 1 and <= Limits.PageSize => new History(count),
            ["/history", ..] => new Wrong($"/history [1-{Limits.PageSize}]"),
            ["/who", .. var users] when users.Length > 0 && users.All(Ids.IsValid) => new Who(users),
            ["/who", ..] => new Wrong("/who USER [USER ...]"),
            ["/read"] => new Read(),
            ["/help"] => new Help(),
            ["/quit"] => new Quit(),
            [var other, ..] => new Wrong($"{other} is no command; /help lists them"),
            [] => new Nothing(),
        };
    }
}
