using System.Text;
using System.Text.Json;
using FsCheck.Xunit;
using ImDapr.LocalDapr.Json;

namespace ImDapr.UnitTests.LocalDapr.Json;

public sealed class GoNumbersTests
{
    [Theory]
    [InlineData("9007199254740993", "9007199254740992")]
    [InlineData("6988349663661260801", "6988349663661261000")]
    [InlineData("-9223372036854775808", "-9223372036854776000")]
    [InlineData("1.50", "1.5")]
    [InlineData("1.0", "1")]
    [InlineData("1e3", "1000")]
    [InlineData("0.000001", "0.000001")]
    [InlineData("0.0000001", "1e-7")]
    [InlineData("0.00000000000123", "1.23e-12")]
    [InlineData("100000000000000000000", "100000000000000000000")]
    [InlineData("1000000000000000000000", "1e+21")]
    [InlineData("1.25E25", "1.25e+25")]
    [InlineData("0.1", "0.1")]
    [InlineData("-0.05", "-0.05")]
    [InlineData("0.0", "0")]
    [InlineData("1234567890123456", "1234567890123456")]
    public void A_number_is_written_as_Go_writes_it(string number, string expected) => Assert.Equal(expected, Bend(number));

    [Fact]
    public void Strings_and_structure_stay_as_they_are() => Assert.Equal(
        """{ "a" : "9007199254740993", "b":[true, null,9007199254740992], "ü<é" :{}}""",
        Bend("""{ "a" : "9007199254740993", "b":[true, null,9007199254740993], "ü<é" :{}}"""));

    [Fact]
    public void What_needs_no_change_is_not_written_again() =>
        Assert.Null(GoNumbers.Bend("""{"position":123456789012345,"id":"6988349663661260801","ok":true}"""u8));

    [Fact]
    public void A_number_beyond_float64_is_refused() => Assert.ThrowsAny<JsonException>(() => Bend("[1e999]"));

    [Property]
    public void A_float64_keeps_its_value(double value)
    {
        if (!double.IsFinite(value))
            return;

        var json = value.ToString("R", System.Globalization.CultureInfo.InvariantCulture);

        Assert.Equal(value, double.Parse(Bend(json), System.Globalization.CultureInfo.InvariantCulture));
    }

    private static string Bend(string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        return Encoding.UTF8.GetString(GoNumbers.Bend(bytes) ?? bytes);
    }
}
