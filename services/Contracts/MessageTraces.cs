namespace ImDapr.Contracts;

/// <summary>
/// How the traces of messages travel in an event: by the message's index, and only for those that are traced. In no message itself, so that no
/// client ever sees one.
/// </summary>
public static class MessageTraces
{
    /// <summary>What is to travel; null when none is traced.</summary>
    public static IReadOnlyDictionary<int, string>? Of(Message[] messages)
    {
        Dictionary<int, string>? traces = null;
        for (var i = 0; i < messages.Length; i++)
        {
            if (messages[i].TraceParent is { } parent)
                (traces ??= [])[i] = parent;
        }
        return traces;
    }
}
