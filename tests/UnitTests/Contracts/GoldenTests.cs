using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.Contracts;

public sealed class GoldenTests
{
    [Theory]
    [MemberData(nameof(Golden.Samples), MemberType = typeof(Golden))]
    public void A_sample_keeps_every_field_through_its_type(string name, Type type)
    {
        var sample = Golden.Json(name);

        var written = JsonSerializer.Serialize(JsonSerializer.Deserialize(sample, type, ContractsJson.Wire), type, ContractsJson.Wire);

        Golden.AssertSame(sample, written);
    }

    [Fact]
    public void There_is_no_sample_without_a_type() =>
        Assert.Equal(
            Golden.Samples.Select(sample => (string)sample[0]).Order(),
            Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Golden"), "*.json").Select(Path.GetFileNameWithoutExtension).Order());

    [Fact]
    public void Text_stays_readable_and_absent_values_are_left_out()
    {
        var json = JsonSerializer.Serialize(new UserPresence("ann", true, ["語"]), ContractsJson.Wire);
        var request = JsonSerializer.Serialize(new SyncRequest(0, 10), ContractsJson.Wire);

        Assert.Equal("""{"userId":"ann","online":true,"devices":["語"]}""", json);
        Assert.Equal("""{"after":0,"limit":10}""", request);
    }
}
