using ImDapr.LocalDapr.Resources;

namespace ImDapr.UnitTests.LocalDapr.Resources;

public sealed class GoQuantityTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-1", -1)]
    [InlineData("100", 100)]
    [InlineData("1k", 1000)]
    [InlineData("1.5k", 1500)]
    [InlineData("2e3", 2000)]
    [InlineData("100Mi", 104_857_600)]
    [InlineData(".5Ki", 512)]
    [InlineData("1G", 1_000_000_000)]
    public void A_quantity_is_a_number_with_a_unit(string text, long expected)
    {
        Assert.True(GoQuantity.TryParse(text, out var value));
        Assert.Equal(expected, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("much")]
    [InlineData("1 k")]
    [InlineData("1K")]
    [InlineData("1MB")]
    [InlineData("1.5")]
    [InlineData("9E")]
    [InlineData("10E")]
    public void What_is_no_whole_number_of_bytes_is_none(string text) => Assert.Equal(text == "9E", GoQuantity.TryParse(text, out _));
}
