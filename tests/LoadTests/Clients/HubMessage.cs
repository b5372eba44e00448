using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace ImDapr.LoadTests.Clients;

/// <summary>What a message of the hub is about.</summary>
internal enum HubEvent
{
    /// <summary>A ping, a goodbye, an event that the run does not look at.</summary>
    Other,
    Deliver,
    DeliverTimeline,
    Receipt,
    SyncNow,
    Reconnect,
    Kicked,

    /// <summary>A call was answered.</summary>
    Answer,

    /// <summary>A call was refused.</summary>
    Refusal,
}

/// <summary>One message of the hub's JSON protocol, read as far as its arguments, its result or its error.</summary>
internal ref struct HubMessage
{
    /// <summary>Stands at the start of the arguments or of the result.</summary>
    public Utf8JsonReader Json;

    public HubEvent Event { get; private set; }

    /// <summary>Of the call that was answered or refused: a letter for the method and a number.</summary>
    public ReadOnlySpan<byte> Id { get; private set; }

    /// <summary><c>code: sentence</c>.</summary>
    public string Error { get; private set; }

    /// <summary>The letter of <see cref="Id"/>.</summary>
    public readonly char Method => (char)Id[0];

    /// <exception cref="InvalidDataException">The id is none of the run's.</exception>
    public readonly int Number =>
        Utf8Parser.TryParse(Id[1..], out int number, out _) ? number : throw new InvalidDataException($"A call has no number: {Encoding.UTF8.GetString(Id)}");

    public static HubMessage Read(ReadOnlySpan<byte> bytes)
    {
        var message = new HubMessage { Json = new Utf8JsonReader(bytes), Error = "" };
        message.Json.Read();
        while (message.Json.Read() && message.Json.TokenType == JsonTokenType.PropertyName)
        {
            if (message.ReadProperty())
                break;
        }
        return message;
    }

    /// <returns>Whether this was the last property that is needed.</returns>
    private bool ReadProperty()
    {
        if (Json.ValueTextEquals("target"u8))
        {
            Json.Read();
            Event = EventOf(ref Json);
            return Event == HubEvent.Other;
        }
        if (Json.ValueTextEquals("invocationId"u8))
        {
            Json.Read();
            Id = Json.ValueSpan;
            return false;
        }
        if (Json.ValueTextEquals("arguments"u8))
        {
            Json.Read();
            return true;
        }
        if (Json.ValueTextEquals("result"u8))
        {
            Json.Read();
            Event = HubEvent.Answer;
            return true;
        }
        if (Json.ValueTextEquals("error"u8) && !Id.IsEmpty)
        {
            Json.Read();
            (Event, Error) = (HubEvent.Refusal, Json.GetString()!);
            return true;
        }
        Json.Read();
        Json.Skip();
        return false;
    }

    private static HubEvent EventOf(ref Utf8JsonReader json) =>
        json.ValueTextEquals("Deliver"u8) ? HubEvent.Deliver
        : json.ValueTextEquals("DeliverTimeline"u8) ? HubEvent.DeliverTimeline
        : json.ValueTextEquals("Receipt"u8) ? HubEvent.Receipt
        : json.ValueTextEquals("SyncNow"u8) ? HubEvent.SyncNow
        : json.ValueTextEquals("Reconnect"u8) ? HubEvent.Reconnect
        : json.ValueTextEquals("Kicked"u8) ? HubEvent.Kicked
        : HubEvent.Other;
}
