using ImDapr.IntegrationTests.Accounts;
using ImDapr.IntegrationTests.Chatting;
using ImDapr.IntegrationTests.Features;
using ImDapr.IntegrationTests.Overload;
using ImDapr.IntegrationTests.Relations;

namespace ImDapr.IntegrationTests.Stacks;

/// <summary>The suite on Redis and MySQL; the cluster starts once for all of these.</summary>
[CollectionDefinition(Name)]
public sealed class RedisMySqlSuite : ICollectionFixture<RedisMySqlCluster>
{
    public const string Name = "RedisMySql";
}

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlAccounts(RedisMySqlCluster cluster) : AccountTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlDirectChat(RedisMySqlCluster cluster) : DirectChatTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlOffline(RedisMySqlCluster cluster) : OfflineTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlGroups(RedisMySqlCluster cluster) : GroupTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlGroupChanges(RedisMySqlCluster cluster) : GroupChangeTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlContacts(RedisMySqlCluster cluster) : ContactTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlReading(RedisMySqlCluster cluster) : ReadingTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlSending(RedisMySqlCluster cluster) : SendingTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlSessions(RedisMySqlCluster cluster) : SessionTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlMessagePack(RedisMySqlCluster cluster) : MessagePackTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlLostState(RedisMySqlCluster cluster) : LostStateTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlReferences(RedisMySqlCluster cluster) : ReferenceTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlAmendments(RedisMySqlCluster cluster) : AmendmentTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlSettings(RedisMySqlCluster cluster) : SettingsTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlNotifications(RedisMySqlCluster cluster) : NotificationTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlVersions(RedisMySqlCluster cluster) : VersionTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlPolling(RedisMySqlCluster cluster) : PollingTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlDelivered(RedisMySqlCluster cluster) : DeliveredTests(cluster);

[Collection(RedisMySqlSuite.Name)]
public sealed class RedisMySqlSlowReaders(RedisMySqlCluster cluster) : SlowReaderTests(cluster);
