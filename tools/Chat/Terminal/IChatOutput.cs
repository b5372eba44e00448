namespace ImDapr.Chat.Terminal;

/// <summary>Shows events to a person or to a script. Safe from any thread; returns when the line is out.</summary>
public interface IChatOutput
{
    void Show(ChatEvent shown);
}
