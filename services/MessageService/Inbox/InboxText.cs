using System.Globalization;
using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Inbox;

/// <summary>
/// Inboxes as text, a third of the size of JSON. The first line of a tail is its header
/// (<c>epoch first-segment first-stored tail-segment polled-until nodes life</c>), then one line an entry:
/// <c>seq conversation [flags [copy]]</c>. Flags are <c>*</c> for one's own and the seq that it recalls, or <c>-</c>. A copy is JSON without a line
/// break. Marks are lines <c>seq conversation</c> for held seqs and <c>!position seq conversation</c> for recalled copies.
/// </summary>
public static class InboxText
{
    private const string Own = "*";

    public static byte[] WriteTail(Inbox inbox)
    {
        var (header, text) = (inbox.Header, Utf8Text.Begin());
        text.Add(header.Epoch).Add(" ").Add(header.FirstSegment).Add(" ").Add(header.FirstStored).Add(" ").Add(header.TailSegment).Add(" ")
            .Add(header.Readers.PolledUntil).Add(" ").Add(header.Readers.Nodes).Add(" ").Add(header.Life).Add("\n");
        return Add(text, inbox.Tail).ToArray();
    }

    public static byte[] WriteSegment(IReadOnlyList<InboxReference> entries) => Add(Utf8Text.Begin(), entries).ToArray();

    public static byte[] WriteMarks(InboxMarks marks)
    {
        var text = Utf8Text.Begin();
        foreach (var (conversationId, seq) in marks.Held)
            text.Add(seq).Add(" ").Add(conversationId).Add("\n");
        foreach (var copy in marks.Recalled)
            text.Add("!").Add(copy.Position).Add(" ").Add(copy.Seq).Add(" ").Add(copy.ConversationId).Add("\n");
        // Never empty: an empty value is what the state API answers for a missing key.
        return text.Add("\n").ToArray();
    }

    public static InboxHeader ReadHeader(string tail)
    {
        var parts = tail[..tail.IndexOf('\n', StringComparison.Ordinal)].Split(' ');
        // An instance of the version before leaves the rest out: such an inbox is begun anew.
        return parts.Length < 7
            ? new InboxHeader(parts[0], Number(parts[1]), Number(parts[2]), Number(parts[3]))
            : new InboxHeader(parts[0], Number(parts[1]), Number(parts[2]), Number(parts[3])) { Readers = new InboxReaders(parts[5], Number(parts[4])), Life = parts[6] };
    }

    public static Inbox ReadInbox(string tail, InboxMarks marks) =>
        new(ReadHeader(tail), ReadSegment(tail[(tail.IndexOf('\n', StringComparison.Ordinal) + 1)..]), marks);

    public static List<InboxReference> ReadSegment(string text) => [.. Lines(text).Select(ReadEntry)];

    public static InboxMarks ReadMarks(string text)
    {
        var held = new Dictionary<string, long>();
        var recalled = new List<RecalledCopy>();
        foreach (var line in Lines(text))
        {
            if (line.Split(' ') is [var position, var seq, var conversationId])
                recalled.Add(new RecalledCopy(Number(position[1..]), conversationId, Number(seq)));
            else
                held.Add(line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..], Number(line[..line.IndexOf(' ', StringComparison.Ordinal)]));
        }
        return new InboxMarks(held, recalled);
    }

    // Only \n: JSON may hold what Unicode calls a line break.
    private static IEnumerable<string> Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static InboxReference ReadEntry(string line)
    {
        var parts = line.Split(' ', 4);
        if (parts.Length == 2)
            return new InboxReference(parts[1], Number(parts[0]));
        var isOwn = parts[2].StartsWith(Own, StringComparison.Ordinal);
        var recalls = isOwn ? parts[2][1..] : parts[2];
        return new InboxReference(
            parts[1], Number(parts[0]), isOwn, recalls is "" or "-" ? 0 : Number(recalls),
            parts.Length == 4 ? JsonSerializer.Deserialize<Message>(parts[3], ContractsJson.Wire) : null);
    }

    private static Utf8Text Add(Utf8Text text, IReadOnlyList<InboxReference> entries)
    {
        foreach (var entry in entries)
        {
            text.Add(entry.Seq).Add(" ").Add(entry.ConversationId);
            AddFlags(text, entry);
            if (entry.Copy is { } copy)
                text.Add(" ").Add(ContractsJson.Write(copy));
            text.Add("\n");
        }
        return text;
    }

    private static void AddFlags(Utf8Text text, InboxReference entry)
    {
        if (entry.Recalls > 0)
            text.Add(" ").Add(entry.IsOwn ? Own : "").Add(entry.Recalls);
        else if (entry.IsOwn)
            text.Add(" ").Add(Own);
        else if (entry.Copy is not null)
            text.Add(" -");
    }

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
