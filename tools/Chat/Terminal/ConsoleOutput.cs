using System.Globalization;
using System.Text.Json;
using ImDapr.Contracts;
using Spectre.Console;

namespace ImDapr.Chat.Terminal;

/// <summary>Lines for a person. Text of others is shown without its control characters: it must not steer this terminal.</summary>
public sealed class ConsoleOutput(IAnsiConsole console, string userId) : IChatOutput
{
    private readonly Lock _lock = new();

    public void Show(ChatEvent shown)
    {
        lock (_lock)
            console.MarkupLine(Line(shown));
    }

    private string Line(ChatEvent shown) => shown switch
    {
        ChatEvent.Ready e => $"[green]connected[/] as [bold]{Safe(e.UserId)}[/] on device {Safe(e.DeviceId)}. /to USER starts a chat, /help shows more.",
        ChatEvent.Disconnected e => $"[yellow]offline:[/] {Safe(e.Reason.TrimEnd('.'))}. Trying again; what you write is sent later.",
        ChatEvent.Received e => MessageLine(e.Message, "bold"),
        ChatEvent.Remembered e => MessageLine(e.Message, "dim"),
        ChatEvent.Acknowledged e => $"[dim]sent ({Safe(Label(e.ConversationId))} {e.Seq})[/]",
        ChatEvent.Failed e => $"[red]{Safe(e.Code)}:[/] {Safe(e.Text)}{(e.Retrying ? " [dim](trying again)[/]" : "")}",
        ChatEvent.PresenceChanged { Online: true } e => $"[green]{Safe(e.UserId)} is online[/] [dim]{Safe(string.Join(", ", e.Devices))}[/]",
        ChatEvent.PresenceChanged e => $"[dim]{Safe(e.UserId)} is offline[/]",
        ChatEvent.ReadUpTo e => $"[dim]{Safe(e.UserId)} has read {Safe(Label(e.ConversationId))} up to {e.ReadSeq}[/]",
        ChatEvent.Talking e => $"[dim]talking to {Safe(e.UserId ?? Label(e.ConversationId!))}[/]",
        ChatEvent.Listed e => ConversationLine(e.Conversation),
        ChatEvent.KickedOut e => $"[red]signed out by the server:[/] {Safe(e.Reason)}",
        ChatEvent.HelpAsked e => Markup.Escape(e.Text),
        _ => throw new InvalidOperationException($"no line for {shown.GetType().Name}"),
    };

    private string MessageLine(Message message, string style)
    {
        var time = DateTimeOffset.FromUnixTimeMilliseconds(message.SentAt).ToLocalTime().ToString("HH:mm", CultureInfo.InvariantCulture);
        return $"[dim]{time} {Safe(Label(message.ConversationId))}[/] [{style}]{Safe(message.SenderId)}:[/] {Safe(Text(message))}";
    }

    private static string ConversationLine(ConversationSummary conversation)
    {
        var unread = conversation.Unread > 0 ? $"[bold green]{conversation.Unread} new[/]" : "[dim]read[/]";
        var last = conversation.LastMessage is { } message ? $"{message.SenderId}: {Text(message)}" : "";
        return $"{Safe(conversation.Title),-20} {unread} [dim]{Safe(conversation.ConversationId)}  {Safe(last)}[/]";
    }

    private string Label(string conversationId) => ConversationId.TryParse(conversationId) is { } id ? id.PeerOf(userId) ?? conversationId : conversationId;

    private static string Text(Message message) =>
        message.Body.ValueKind == JsonValueKind.Object && message.Body.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
            ? text.GetString()!
            : $"({message.Type}) {message.Body.GetRawText()}";

    private static string Safe(string text) => Markup.Escape(string.Concat(text.Select(c => char.IsControl(c) ? '�' : c)));
}
