using System.Buffers.Text;
using System.Text.Json;

namespace ImDapr.LoadTests.Clients;

/// <summary>Reads entries, messages and pages, and of them only what is needed.</summary>
internal sealed class EntryReader(Conversations conversations)
{
    /// <summary>Client message ids of the run: this letter, the sender's index, a hyphen, its count.</summary>
    public static ReadOnlySpan<byte> IdPrefix => "m"u8;

    /// <summary>From the start of an array of entries or messages to its end.</summary>
    public void ReadEntries(ref Utf8JsonReader json, List<Entry> entries, bool isTimeline)
    {
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
            entries.Add(isTimeline ? ReadMessage(ref json) : ReadEntry(ref json));
    }

    /// <summary>From the start of the answer to Sync or History to its end.</summary>
    public Page ReadPage(ref Utf8JsonReader json)
    {
        var page = new Page();
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref json, "entries"u8))
                ReadEntries(ref json, page.Entries, isTimeline: false);
            else if (Is(ref json, "messages"u8))
                ReadEntries(ref json, page.Entries, isTimeline: true);
            else if (Is(ref json, "next"u8))
                page.Next = json.GetInt64();
            else if (Is(ref json, "head"u8))
                page.Head = json.GetInt64();
            else if (Is(ref json, "epoch"u8))
                page.Epoch = json.GetString();
            else if (Is(ref json, "reset"u8))
                page.IsReset = json.GetBoolean();
            else if (Is(ref json, "hasMore"u8))
                page.HasMore = json.GetBoolean();
            else if (Is(ref json, "timelines"u8))
                ReadTimelines(ref json, page.Timelines);
            else
                Pass(ref json);
        }
        return page;
    }

    /// <summary>The seq of the answer to Send; afterwards the reader stands at its end.</summary>
    public static long ReadSeq(ref Utf8JsonReader json)
    {
        var seq = 0L;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref json, "seq"u8))
                seq = json.GetInt64();
            else
                Pass(ref json);
        }
        return seq;
    }

    private Entry ReadEntry(ref Utf8JsonReader json)
    {
        var position = 0L;
        var message = default(Entry);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref json, "position"u8))
                position = json.GetInt64();
            else if (Is(ref json, "message"u8))
                message = ReadMessage(ref json);
            else
                Pass(ref json);
        }
        return message with { Position = position };
    }

    private Entry ReadMessage(ref Utf8JsonReader json)
    {
        Conversation? conversation = null;
        var seq = 0L;
        var (sender, number) = (-1, 0);
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (Is(ref json, "conversationId"u8))
                conversation = conversations.Find(json.ValueSpan);
            else if (Is(ref json, "seq"u8))
                seq = json.GetInt64();
            else if (Is(ref json, "clientMessageId"u8))
                (sender, number) = ReadId(json.ValueSpan);
            else
                Pass(ref json);
        }
        return new Entry(0, conversation, seq, sender, number);
    }

    private static (int Sender, int Number) ReadId(ReadOnlySpan<byte> id) =>
        id.StartsWith(IdPrefix) && Utf8Parser.TryParse(id[1..], out int sender, out var length) && length + 2 < id.Length && id[length + 1] == (byte)'-'
        && Utf8Parser.TryParse(id[(length + 2)..], out int number, out var digits) && length + 2 + digits == id.Length
            ? (sender, number)
            : (-1, 0);

    private void ReadTimelines(ref Utf8JsonReader json, List<TimelineHead> timelines)
    {
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            Conversation? conversation = null;
            var last = 0L;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (Is(ref json, "conversationId"u8))
                    conversation = conversations.Find(json.ValueSpan);
                else if (Is(ref json, "lastSeq"u8))
                    last = json.GetInt64();
                else
                    Pass(ref json);
            }
            if (conversation is not null)
                timelines.Add(new TimelineHead(conversation, last));
        }
    }

    // A property of this name: the reader moves on to its value.
    private static bool Is(ref Utf8JsonReader json, ReadOnlySpan<byte> name) => json.ValueTextEquals(name) && json.Read();

    private static void Pass(ref Utf8JsonReader json)
    {
        json.Read();
        json.Skip();
    }
}
