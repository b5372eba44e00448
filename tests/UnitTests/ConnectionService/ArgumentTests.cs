using System.Text;
using System.Text.Json;
using ImDapr.ConnectionService.Protocol;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class ArgumentTests
{
    private static readonly JsonSerializerOptions Json = new(ContractsJson.Wire) { Converters = { new ArgumentConverterFactory() } };

    [Fact]
    public void A_plain_object_is_the_value()
    {
        var argument = JsonSerializer.Deserialize<Argument<SyncRequest>>("""{"after":5,"limit":10,"epoch":"e","unknown":[1]}""", Json)!;

        Assert.Equal(new SyncRequest(5, 10, "e"), argument.Value);
    }

    [Theory]
    [InlineData("null", "missing")]
    [InlineData("5", "shape")]
    [InlineData("\"text\"", "shape")]
    [InlineData("[{\"after\":1}]", "shape")]
    [InlineData("{\"after\":\"abc\"}", "$.after")]
    [InlineData("{\"after\":1.5}", "$.after")]
    [InlineData("{\"after\":99999999999999999999}", "$.after")]
    [InlineData("{\"after\":null}", "$.after")]
    [InlineData("{\"epoch\":{\"deep\":[1,2]}}", "$.epoch")]
    public void Another_shape_is_invalid_with_a_sentence_that_says_where(string json, string expected)
    {
        var argument = JsonSerializer.Deserialize<Argument<SyncRequest>>(json, Json)!;

        var refused = Assert.Throws<HubException>(() => argument.Value);
        Assert.StartsWith("invalid_argument: ", refused.Message);
        Assert.Contains(expected, refused.Message);
        Assert.DoesNotContain("System.", refused.Message);
    }

    [Fact]
    public void What_follows_a_wrong_argument_is_still_read()
    {
        var arguments = JsonSerializer.Deserialize<Argument<AckRequest>[]>("""[{"position":{"a":[1,{"b":2}]}},{"position":7}]""", Json)!;

        Assert.Throws<HubException>(() => arguments[0].Value);
        Assert.Equal(7, arguments[1].Value.Position);
    }

    [Fact]
    public void Half_of_a_surrogate_pair_in_a_field_is_invalid()
    {
        var argument = JsonSerializer.Deserialize<Argument<ReadRequest>>(Encoding.UTF8.GetBytes("""{"conversationId":"\ud800","seq":1}"""), Json)!;

        Assert.StartsWith("invalid_argument: ", Assert.Throws<HubException>(() => argument.Value).Message);
    }
}
