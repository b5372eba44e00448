using ImDapr.IntegrationTests.Accounts;
using ImDapr.IntegrationTests.Chatting;
using ImDapr.IntegrationTests.Features;
using ImDapr.IntegrationTests.Relations;

namespace ImDapr.IntegrationTests.Stacks;

/// <summary>What several instances could break, on two of every service; the cluster starts once for all of these.</summary>
[CollectionDefinition(Name)]
public sealed class TwoInstancesSuite : ICollectionFixture<TwoInstancesCluster>
{
    public const string Name = "TwoInstances";
}

[Collection(TwoInstancesSuite.Name)]
public sealed class TwoInstancesAccounts(TwoInstancesCluster cluster) : AccountTests(cluster);

[Collection(TwoInstancesSuite.Name)]
public sealed class TwoInstancesDirectChat(TwoInstancesCluster cluster) : DirectChatTests(cluster);

[Collection(TwoInstancesSuite.Name)]
public sealed class TwoInstancesOffline(TwoInstancesCluster cluster) : OfflineTests(cluster);

[Collection(TwoInstancesSuite.Name)]
public sealed class TwoInstancesGroups(TwoInstancesCluster cluster) : GroupTests(cluster);

[Collection(TwoInstancesSuite.Name)]
public sealed class TwoInstancesGroupChanges(TwoInstancesCluster cluster) : GroupChangeTests(cluster);

[Collection(TwoInstancesSuite.Name)]
public sealed class TwoInstancesReading(TwoInstancesCluster cluster) : ReadingTests(cluster);

[Collection(TwoInstancesSuite.Name)]
public sealed class TwoInstancesSending(TwoInstancesCluster cluster) : SendingTests(cluster);

[Collection(TwoInstancesSuite.Name)]
public sealed class TwoInstancesSessions(TwoInstancesCluster cluster) : SessionTests(cluster);

[Collection(TwoInstancesSuite.Name)]
public sealed class TwoInstancesMessagePack(TwoInstancesCluster cluster) : MessagePackTests(cluster);

[Collection(TwoInstancesSuite.Name)]
public sealed class TwoInstancesSettings(TwoInstancesCluster cluster) : SettingsTests(cluster);

[Collection(TwoInstancesSuite.Name)]
public sealed class TwoInstancesNotifications(TwoInstancesCluster cluster) : NotificationTests(cluster);

[Collection(TwoInstancesSuite.Name)]
public sealed class TwoInstancesPolling(TwoInstancesCluster cluster) : PollingTests(cluster);

[Collection(TwoInstancesSuite.Name)]
public sealed class TwoInstancesDelivered(TwoInstancesCluster cluster) : DeliveredTests(cluster);
