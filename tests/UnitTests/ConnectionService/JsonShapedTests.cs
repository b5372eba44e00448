using System.Buffers;
using System.Text.Json;
using ImDapr.ConnectionService.Protocol;
using ImDapr.Contracts;
using ImDapr.UnitTests.Contracts;
using MessagePack;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class JsonShapedTests
{
    private static readonly MessagePackSerializerOptions Pack = JsonShapedResolver.Options;

    [Theory]
    [MemberData(nameof(Golden.Samples), MemberType = typeof(Golden))]
    public void MessagePack_has_the_very_shape_of_the_JSON(string name, Type type)
    {
        var sample = Golden.Json(name);

        var packed = MessagePackSerializer.Serialize(type, JsonSerializer.Deserialize(sample, type, ContractsJson.Wire), Pack);

        Golden.AssertSame(sample, MessagePackSerializer.ConvertToJson(packed));
    }

    [Theory]
    [MemberData(nameof(Golden.Samples), MemberType = typeof(Golden))]
    public void What_a_client_packs_from_JSON_is_read_as_the_same_value(string name, Type type)
    {
        var sample = Golden.Json(name);

        var value = MessagePackSerializer.Deserialize(type, MessagePackSerializer.ConvertFromJson(sample), Pack);

        Golden.AssertSame(sample, JsonSerializer.Serialize(value, type, ContractsJson.Wire));
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    [InlineData(-1)]
    public void Integers_keep_all_their_bits(long position)
    {
        var packed = MessagePackSerializer.Serialize(new AckRequest(position), Pack);

        Assert.Equal(position, MessagePackSerializer.Deserialize<Argument<AckRequest>>(packed, Pack).Value.Position);
    }

    [Fact]
    public void An_argument_of_a_wrong_type_is_invalid()
    {
        var packed = MessagePackSerializer.ConvertFromJson("""{"position":"seven"}""");

        AssertInvalid(MessagePackSerializer.Deserialize<Argument<AckRequest>>(packed, Pack), "$.position");
    }

    [Fact]
    public void Nil_is_a_missing_argument() => AssertInvalid(MessagePackSerializer.Deserialize<Argument<AckRequest>>(new byte[] { 0xc0 }, Pack), "missing");

    [Theory]
    [InlineData("81 a4 626f6479 c4 02 0102", "Binary")] // {body: bin}
    [InlineData("81 a4 626f6479 d6 ff 00000000", "Binary")] // {body: timestamp}
    [InlineData("81 01 02", "keys")] // {1: 2}
    [InlineData("81 a4 626f6479 cb 7ff8000000000000", "finite")] // {body: NaN}
    public void What_has_no_JSON_form_is_invalid_and_what_follows_is_still_read(string hex, string expected)
    {
        var bytes = Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)).Append((byte)42).ToArray();
        var reader = new MessagePackReader(bytes);

        var argument = MessagePackSerializer.Deserialize<Argument<SendMessage>>(ref reader, Pack);

        AssertInvalid(argument, expected);
        Assert.Equal(42, reader.ReadInt32());
    }

    [Fact]
    public void A_hostile_depth_is_invalid_and_does_not_end_the_process()
    {
        var bytes = Enumerable.Repeat((byte)0x91, 500_000).Append((byte)0xc0).Append((byte)42).ToArray();
        var reader = new MessagePackReader(bytes);

        var argument = MessagePackSerializer.Deserialize<Argument<SendMessage>>(ref reader, Pack);

        AssertInvalid(argument, "nested");
        Assert.Equal(42, reader.ReadInt32());
    }

    [Fact]
    public void Half_a_value_is_an_error_and_no_endless_loop()
    {
        var halfAnArray = new byte[] { 0xdd, 0x7f, 0xff, 0xff, 0xff, 0x01 };

        Assert.ThrowsAny<Exception>(() => MessagePackSerializer.Deserialize<Argument<AckRequest>>(new ReadOnlySequence<byte>(halfAnArray), Pack));
    }

    private static void AssertInvalid<T>(Argument<T> argument, string expected) where T : class
    {
        var refused = Assert.Throws<HubException>(() => argument.Value);
        Assert.StartsWith("invalid_argument: ", refused.Message);
        Assert.Contains(expected, refused.Message);
    }
}
