using ImDapr.LocalDapr.Actors;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.UnitTests.LocalDapr.Actors;

public sealed class ActorScheduleTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.Parse("2026-01-31T00:00:00Z");

    [Theory]
    [InlineData("0h0m5s0ms", "00:00:05")]
    [InlineData("1h30m", "01:30:00")]
    [InlineData("1.5s", "00:00:01.5")]
    [InlineData("-2m", "-00:02:00")]
    [InlineData("100us", "00:00:00.0001")]
    [InlineData("0", "00:00:00")]
    [InlineData("PT5S", "00:00:05")]
    [InlineData("PT1H2M", "01:02:00")]
    [InlineData("P1DT1S", "1.00:00:01")]
    [InlineData("P2W", "14.00:00:00")]
    public void A_duration_counts_from_now(string text, string expected) =>
        Assert.Equal(Start + TimeSpan.Parse(expected), ActorSchedule.ParseTime(text, Start));

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("5 s")]
    [InlineData("5x")]
    [InlineData("PT5")]
    [InlineData("P5S")]
    [InlineData("R3/PT5S")]
    [InlineData("tomorrow")]
    public void What_daprd_does_not_read_is_not_read(string text) => Assert.Null(ActorSchedule.ParseTime(text, Start));

    [Fact]
    public void A_point_in_time_is_RFC_3339() =>
        Assert.Equal(DateTimeOffset.Parse("2026-02-01T11:00:00Z"), ActorSchedule.ParseTime("2026-02-01T12:00:00+01:00", Start));

    [Fact]
    public void A_period_may_say_how_often()
    {
        Assert.Equal(new ActorPeriod(0, 0, 0, TimeSpan.FromSeconds(5), 3), ActorSchedule.ParsePeriod("R3/PT5S"));
        Assert.Equal(new ActorPeriod(0, 1, 1, TimeSpan.FromMinutes(1), -1), ActorSchedule.ParsePeriod("P1M1DT1M"));
        Assert.Equal(-1, ActorSchedule.ParsePeriod("5s")!.Value.Repeats);
    }

    [Theory]
    [InlineData("1h", "1h0m0s")]
    [InlineData("90s", "1m30s")]
    [InlineData("1.5s", "1.5s")]
    [InlineData("250ms", "250ms")]
    [InlineData("100us", "100µs")]
    [InlineData("0", "0s")]
    public void A_duration_is_shown_as_Go_shows_it(string text, string expected)
    {
        Assert.True(GoDuration.TryParse(text, out var duration));
        Assert.Equal(expected, GoDuration.Format(duration));
    }
}
