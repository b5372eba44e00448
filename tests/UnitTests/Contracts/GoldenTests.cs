using System.Text;
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

    [Theory]
    [MemberData(nameof(Golden.Samples), MemberType = typeof(Golden))]
    public void Generated_code_writes_what_converters_write(string name, Type type)
    {
        var value = JsonSerializer.Deserialize(Golden.Json(name), type, ContractsJson.Wire)!;
        var write = typeof(ContractsJson).GetMethod(nameof(ContractsJson.Write))!.MakeGenericMethod(type);

        var written = (byte[])write.Invoke(null, [value])!;

        Assert.Equal(JsonSerializer.Serialize(value, type, ContractsJson.Wire), Encoding.UTF8.GetString(written));
    }

    [Fact]
    public void What_is_no_HTML_is_not_escaped_and_a_write_that_failed_leaves_nothing()
    {
        Assert.ThrowsAny<Exception>(() => ContractsJson.Write(JsonElement.Parse("""{"fine":"so far","text":"\ud800"}""")));

        Assert.Equal("""{"userId":"<ann>","online":true,"devices":["語 & 'x'"]}"""u8, ContractsJson.Write(new UserPresence("<ann>", true, ["語 & 'x'"])));
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
