using ImDapr.IntegrationTests.Accounts;
using ImDapr.IntegrationTests.Chatting;
using ImDapr.IntegrationTests.Features;
using ImDapr.IntegrationTests.Relations;

namespace ImDapr.IntegrationTests.Stacks;

/// <summary>The suite on the embedded stack; the cluster starts once for all of these.</summary>
[CollectionDefinition(Name)]
public sealed class EmbeddedSuite : ICollectionFixture<EmbeddedCluster>
{
    public const string Name = "Embedded";
}

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedAccounts(EmbeddedCluster cluster) : AccountTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedDirectChat(EmbeddedCluster cluster) : DirectChatTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedOffline(EmbeddedCluster cluster) : OfflineTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedGroups(EmbeddedCluster cluster) : GroupTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedGroupChanges(EmbeddedCluster cluster) : GroupChangeTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedContacts(EmbeddedCluster cluster) : ContactTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedReading(EmbeddedCluster cluster) : ReadingTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedSending(EmbeddedCluster cluster) : SendingTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedSessions(EmbeddedCluster cluster) : SessionTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedRefusals(EmbeddedCluster cluster) : RefusalTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedMessagePack(EmbeddedCluster cluster) : MessagePackTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedTwoChats(EmbeddedCluster cluster) : TwoChatsTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedReferences(EmbeddedCluster cluster) : ReferenceTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedAmendments(EmbeddedCluster cluster) : AmendmentTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedSettings(EmbeddedCluster cluster) : SettingsTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedNotifications(EmbeddedCluster cluster) : NotificationTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedVersions(EmbeddedCluster cluster) : VersionTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedPolling(EmbeddedCluster cluster) : PollingTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedDelivered(EmbeddedCluster cluster) : DeliveredTests(cluster);

[Collection(EmbeddedSuite.Name)]
public sealed class EmbeddedLostState(EmbeddedCluster cluster) : LostStateTests(cluster);
