using ImDapr.LocalDapr.Bindings;

namespace ImDapr.UnitTests.LocalDapr.Bindings;

public sealed class GoTextTests
{
    [Theory]
    [InlineData(0, "0s")]
    [InlineData(1, "100ns")]
    [InlineData(15, "1.5µs")]
    [InlineData(12_345, "1.2345ms")]
    [InlineData(10_000_000, "1s")]
    [InlineData(15_000_000, "1.5s")]
    [InlineData(600_000_000, "1m0s")]
    [InlineData(37_230_500_000, "1h2m3.05s")]
    [InlineData(-15_000_000, "-1.5s")]
    public void A_duration_is_written_as_in_Go(long ticks, string expected) => Assert.Equal(expected, GoText.Duration(new TimeSpan(ticks)));

    [Theory]
    [InlineData("2026-01-02T03:04:05.1234500+01:00", "2026-01-02T02:04:05.12345Z")]
    [InlineData("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z")]
    public void A_time_is_written_as_RFC3339Nano_in_UTC(string time, string expected) => Assert.Equal(expected, GoText.Time(DateTimeOffset.Parse(time)));
}
