using System.Reflection;
using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.UnitTests.Contracts;

public sealed class VersionsTests
{
    private static readonly Type[] Events = [.. typeof(IEvent).Assembly.GetTypes().Where(type => type.IsClass && type.IsAssignableTo(typeof(IEvent)))];

    [Theory]
    [InlineData("")] // builds before there were versions
    [InlineData(""","type":"com.dapr.event.sent" """)]
    [InlineData(""","type":"im.inboxes.v1" """)]
    [InlineData(""","type":"im.inboxes" """)]
    [InlineData(""","type":"im.inboxes.very" """, false)]
    [InlineData(""","type":"im.inboxes.v2" """, false)]
    [InlineData(""","type":"im.inboxes.v99999999999" """, false)]
    [InlineData(""","type":"im.messages.v2" """)] // another topic's
    public void An_event_is_read_up_to_the_version_that_is_known(string type, bool isRead = true)
    {
        var json = $$"""{"data":{"userIds":["ann"]},"id":"1"{{type}}}""";

        if (isRead)
            Assert.Equal(["ann"], Read(json)!.Data.UserIds);
        else
            Assert.Equal(ErrorCodes.UnknownVersion, Assert.Throws<UnknownVersionException>(() => Read(json)).Refusal.Code);
    }

    [Fact]
    public void The_refusal_names_the_topic_and_both_versions() => Assert.Equal(
        "im.inboxes has version 7; this build knows 1 at most, and a newer one has to take it.",
        Assert.Throws<UnknownVersionException>(() => Read("""{"type":"im.inboxes.v7","data":{"userIds":[]}}""")).Message);

    [Fact]
    public void An_event_is_never_half_read() => Assert.Throws<JsonException>(() => Read("""{"type":"im.inboxes.v1","data":{"userIds":1}}"""));

    [Fact]
    public void Each_topic_has_its_event_and_each_event_its_version() => Assert.Equal(
        typeof(Topics).GetFields().Select(topic => ((string)topic.GetRawConstantValue()!, topic.Name)).Order(),
        Events.Select(type => (TopicOf(type), NameOf(VersionOf(type)))).Order());

    // Written before it is read anywhere, an event would be refused by everybody, this build included.
    [Fact]
    public void Nothing_is_written_that_is_not_read() =>
        Assert.All(Versions.Values, version => Assert.InRange(version.Written, ContractVersion.Unsaid, version.Read));

    private static Dictionary<string, ContractVersion> Versions => typeof(ContractVersions).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(constant => constant.FieldType == typeof(ContractVersion)).ToDictionary(constant => constant.Name, constant => (ContractVersion)constant.GetValue(null)!);

    private static string NameOf(ContractVersion version) => Versions.Single(named => ReferenceEquals(named.Value, version)).Key;

    private static string TopicOf(Type type) => Ask<string>(nameof(TopicOf), type);

    private static ContractVersion VersionOf(Type type) => Ask<ContractVersion>(nameof(VersionOf), type);

    private static T Ask<T>(string name, Type type) => (T)typeof(VersionsTests)
        .GetMethod(name, 1, BindingFlags.NonPublic | BindingFlags.Static, [])!.MakeGenericMethod(type).Invoke(null, [])!;

    private static string TopicOf<T>() where T : IEvent => T.Topic;

    private static ContractVersion VersionOf<T>() where T : IEvent => T.Version;

    private static EventEnvelope<InboxesGrown>? Read(string json) => JsonSerializer.Deserialize<EventEnvelope<InboxesGrown>>(json, ContractsJson.Wire);
}
