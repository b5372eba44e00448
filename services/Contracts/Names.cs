namespace ImDapr.Contracts;

/// <summary>Names of Dapr resources and apps, the same in every component file and manifest.</summary>
public static class DaprNames
{
    /// <summary>State store of actors and presence.</summary>
    public const string StateStore = "statestore";

    /// <summary>Pub/sub whose instances of one app compete for each event.</summary>
    public const string PubSub = "pubsub";

    /// <summary>The same topics, but every instance gets every event: for what an instance holds in memory (docs/decisions/0004).</summary>
    public const string Broadcast = "broadcast";

    /// <summary>SQL binding that holds entities and accounts.</summary>
    public const string Entities = "entities";

    public const string UserService = "user-service";
    public const string ConnectionService = "connection-service";
    public const string MessageService = "message-service";

    /// <summary>Actor type of a user's inbox and sessions; the actor id is the user id.</summary>
    public const string UserActor = "UserActor";
}

/// <summary>Pub/sub topics. What a handler cannot process ends in <c>{topic}.dead</c>.</summary>
public static class Topics
{
    /// <summary><see cref="MessagesStored"/>: entities were stored; fan them out.</summary>
    public const string Messages = "im.messages";

    /// <summary><see cref="Deliveries"/>: positions were assigned or marks rose; push them.</summary>
    public const string Deliveries = "im.deliveries";

    /// <summary><see cref="RelationChanged"/>: membership, a contact or a block changed.</summary>
    public const string Relations = "im.relations";

    /// <summary><see cref="OfflineRecipients"/>: recipients without a live device.</summary>
    public const string Offline = "im.offline";

    /// <summary><see cref="SessionEnded"/>: a device session was replaced or revoked; its node closes the connection.</summary>
    public const string Sessions = "im.sessions";

    /// <summary><see cref="Notification"/>: other services ask for a delivery.</summary>
    public const string Notifications = "im.notifications";

    /// <summary><see cref="TimelineMembers"/>: who reads a timeline changed.</summary>
    public const string Timelines = "im.timelines";

    /// <summary><see cref="InboxesGrown"/>: wakes those who poll.</summary>
    public const string Inboxes = "im.inboxes";

    /// <summary>The dead-letter topic of a topic.</summary>
    public static string Dead(string topic) => topic + ".dead";
}
