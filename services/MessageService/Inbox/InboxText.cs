using System.Globalization;
using System.Text;

namespace ImDapr.MessageService.Inbox;

/// <summary>
/// Inboxes as text. Not JSON numbers: daprd passes those of actor state through doubles. One line an entry, "seq conversation"; a conversation id
/// holds neither space nor line break. The first line of a tail is "epoch firstSegment tailSegment".
/// </summary>
public static class InboxText
{
    public static string WriteTail(Inbox inbox)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{inbox.Epoch} {inbox.FirstSegment} {inbox.TailSegment}\n");
        return Append(text, inbox.Tail).ToString();
    }

    public static string WriteSegment(IReadOnlyList<InboxReference> entries) => Append(new StringBuilder(), entries).ToString();

    public static string WriteHeld(IReadOnlyDictionary<string, long> held)
    {
        var text = new StringBuilder();
        foreach (var (conversationId, seq) in held)
            text.Append(CultureInfo.InvariantCulture, $"{seq} {conversationId}\n");
        return text.ToString();
    }

    public static Inbox Read(string tail, string held)
    {
        var end = tail.IndexOf('\n', StringComparison.Ordinal);
        var head = tail[..end].Split(' ');
        return new Inbox(head[0], Number(head[1]), Number(head[2]), ReadSegment(tail[(end + 1)..]), ReadHeld(held));
    }

    public static List<InboxReference> ReadSegment(string text)
    {
        var entries = new List<InboxReference>(Inbox.SegmentSize);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.IsEmpty)
                continue;
            var space = line.IndexOf(' ');
            entries.Add(new InboxReference(line[(space + 1)..].ToString(), long.Parse(line[..space], NumberStyles.None, CultureInfo.InvariantCulture)));
        }
        return entries;
    }

    private static Dictionary<string, long> ReadHeld(string text) => ReadSegment(text).ToDictionary(entry => entry.ConversationId, entry => entry.Seq);

    private static StringBuilder Append(StringBuilder text, IReadOnlyList<InboxReference> entries)
    {
        foreach (var entry in entries)
            text.Append(CultureInfo.InvariantCulture, $"{entry.Seq} {entry.ConversationId}\n");
        return text;
    }

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
