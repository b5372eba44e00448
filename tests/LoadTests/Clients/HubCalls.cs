using System.Text;

namespace ImDapr.LoadTests.Clients;

/// <summary>Calls of the hub, each written as one frame. Their ids say by a letter which method was called.</summary>
internal static class HubCalls
{
    public const char Sent = 's', Synced = 'y', HistoryRead = 'h';

    public static void Ping(HubLink link)
    {
        var frame = link.NewFrame();
        frame.Append("{\"type\":6}\u001e"u8);
        link.Write(frame.Finish());
    }

    public static void Send(HubLink link, int sender, int number, Target target)
    {
        var frame = link.NewFrame();
        frame.Append("{\"type\":1,\"invocationId\":\"s"u8);
        frame.Append(number);
        frame.Append("\",\"target\":\"Send\",\"arguments\":[{\"clientMessageId\":\""u8);
        frame.Append(EntryReader.IdPrefix);
        frame.Append(sender);
        frame.Append("-"u8);
        frame.Append(number);
        frame.Append(target.Tail);
        link.Write(frame.Finish());
    }

    public static void Acknowledge(HubLink link, long position)
    {
        var frame = link.NewFrame();
        frame.Append("{\"type\":1,\"invocationId\":\"a1\",\"target\":\"Ack\",\"arguments\":[{\"position\":"u8);
        frame.Append(position);
        frame.Append("}]}\u001e"u8);
        link.Write(frame.Finish());
    }

    public static void Sync(HubLink link, long after, string? epoch)
    {
        var frame = link.NewFrame();
        frame.Append("{\"type\":1,\"invocationId\":\"y1\",\"target\":\"Sync\",\"arguments\":[{\"limit\":200,\"after\":"u8);
        frame.Append(after);
        if (epoch is not null)
        {
            frame.Append(",\"epoch\":\""u8);
            frame.Append(Encoding.ASCII.GetBytes(epoch));
            frame.Append("\""u8);
        }
        frame.Append("}]}\u001e"u8);
        link.Write(frame.Finish());
    }

    public static void History(HubLink link, Conversation conversation, long after)
    {
        var frame = link.NewFrame();
        frame.Append("{\"type\":1,\"invocationId\":\"h1\",\"target\":\"History\",\"arguments\":[{\"limit\":200,\"conversationId\":\""u8);
        frame.Append(conversation.IdBytes);
        frame.Append("\",\"after\":"u8);
        frame.Append(after);
        frame.Append("}]}\u001e"u8);
        link.Write(frame.Finish());
    }
}
