using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.Chat.Terminal;

/// <summary>One JSON object per line and nothing else, so that a script can read what a person would see.</summary>
public sealed class JsonOutput(TextWriter output) : IChatOutput
{
    private readonly Lock _lock = new();

    public void Show(ChatEvent shown)
    {
        var line = JsonSerializer.Serialize(shown, ContractsJson.Wire);
        lock (_lock)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }
}
