using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.Contracts;

public sealed class MessageTracesTests
{
    private const string Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void A_trace_comes_to_the_same_message_at_the_other_end()
    {
        Message[] messages = [Message(1), Message(2) with { TraceParent = Trace }, Message(3)];

        var restored = RoundTrip(MessagesStored.Of(messages)).Restored();

        Assert.Equal([null, Trace, null], restored.Select(message => message.TraceParent));
    }

    [Fact]
    public void Policies_and_traces_do_not_depend_on_each_other()
    {
        Message[] messages = [Message(1) with { FanOut = FanOutPolicy.Copy }, Message(2) with { FanOut = FanOutPolicy.Timeline, TraceParent = Trace }];

        var restored = RoundTrip(MessagesStored.Of(messages)).Restored();

        Assert.Equal([(FanOutPolicy.Copy, null), (FanOutPolicy.Timeline, Trace)], restored.Select(message => (message.FanOut, message.TraceParent)));
    }

    [Fact]
    public void Without_a_trace_nothing_of_it_travels()
    {
        var json = JsonSerializer.Serialize(MessagesStored.Of([Message(1)]), ContractsJson.Wire);

        Assert.DoesNotContain("trace", json, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void A_message_itself_never_shows_its_trace()
    {
        var json = JsonSerializer.Serialize(Message(1) with { TraceParent = Trace }, ContractsJson.Wire);

        Assert.DoesNotContain("trace", json, StringComparison.OrdinalIgnoreCase);
    }

    private static MessagesStored RoundTrip(MessagesStored stored) =>
        JsonSerializer.Deserialize<MessagesStored>(JsonSerializer.Serialize(stored, ContractsJson.Wire), ContractsJson.Wire)!;

    private static Message Message(long seq) =>
        new("g:1", seq, "ann", "phone", $"c{seq}", MessageTypes.Text, JsonElement.Parse("""{"text":"x"}"""), null, null, 1);
}
