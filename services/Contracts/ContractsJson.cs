using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace ImDapr.Contracts;

/// <summary>How everything that crosses a process boundary is written: camelCase, absent instead of null.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SendMessage))]
[JsonSerializable(typeof(SendAck))]
[JsonSerializable(typeof(SyncRequest))]
[JsonSerializable(typeof(SyncPage))]
[JsonSerializable(typeof(AckRequest))]
[JsonSerializable(typeof(ReadRequest))]
[JsonSerializable(typeof(HistoryRequest))]
[JsonSerializable(typeof(HistoryPage))]
[JsonSerializable(typeof(ConversationsRequest))]
[JsonSerializable(typeof(ConversationSummary[]))]
[JsonSerializable(typeof(WatchPresenceRequest))]
[JsonSerializable(typeof(UserPresence[]))]
[JsonSerializable(typeof(IReadOnlyList<InboxEntry>))]
[JsonSerializable(typeof(IReadOnlyList<Message>))]
[JsonSerializable(typeof(Receipt))]
[JsonSerializable(typeof(Receipt[]))]
[JsonSerializable(typeof(TypingNotice))]
[JsonSerializable(typeof(TypingRequest))]
[JsonSerializable(typeof(RecallRequest))]
[JsonSerializable(typeof(ReceiptsRequest))]
[JsonSerializable(typeof(ConversationUpdate))]
[JsonSerializable(typeof(Kick))]
[JsonSerializable(typeof(Within))]
[JsonSerializable(typeof(SendBatch))]
[JsonSerializable(typeof(SendBatchAnswer))]
[JsonSerializable(typeof(UserCall<HistoryRequest>))]
[JsonSerializable(typeof(UserCall<ConversationsRequest>))]
[JsonSerializable(typeof(UserCall<ReadRequest>))]
[JsonSerializable(typeof(UserCall<RecallRequest>))]
[JsonSerializable(typeof(UserCall<TypingRequest>))]
[JsonSerializable(typeof(UserCall<ReceiptsRequest>))]
[JsonSerializable(typeof(UserCall<ConversationUpdate>))]
[JsonSerializable(typeof(Answer<HistoryPage>))]
[JsonSerializable(typeof(Answer<SendAck>))]
[JsonSerializable(typeof(Answer<Receipt[]>))]
[JsonSerializable(typeof(Answer<ConversationSummary>))]
[JsonSerializable(typeof(Answer<ConversationSummary[]>))]
[JsonSerializable(typeof(Answer<Done>))]
[JsonSerializable(typeof(Answer<SyncPage>))]
[JsonSerializable(typeof(MessagesStored))]
[JsonSerializable(typeof(EventEnvelope<MessagesStored>))]
[JsonSerializable(typeof(Deliveries))]
[JsonSerializable(typeof(EventEnvelope<Deliveries>))]
[JsonSerializable(typeof(NodesDeliveries))]
[JsonSerializable(typeof(OfflineRecipients))]
[JsonSerializable(typeof(RelationChanged))]
[JsonSerializable(typeof(EventEnvelope<RelationChanged>))]
[JsonSerializable(typeof(SessionEnded))]
[JsonSerializable(typeof(EventEnvelope<SessionEnded>))]
[JsonSerializable(typeof(TimelineMembers))]
[JsonSerializable(typeof(EventEnvelope<TimelineMembers>))]
[JsonSerializable(typeof(InboxesGrown))]
[JsonSerializable(typeof(EventEnvelope<InboxesGrown>))]
[JsonSerializable(typeof(Notification))]
[JsonSerializable(typeof(DeviceSession))]
[JsonSerializable(typeof(SessionOpened))]
[JsonSerializable(typeof(ActorSync))]
[JsonSerializable(typeof(AckBatch))]
[JsonSerializable(typeof(DeviceAck))]
[JsonSerializable(typeof(AckBatchAnswer))]
[JsonSerializable(typeof(RegisterRequest))]
[JsonSerializable(typeof(UserProfile))]
[JsonSerializable(typeof(ProfileUpdate))]
[JsonSerializable(typeof(LoginRequest))]
[JsonSerializable(typeof(RefreshRequest))]
[JsonSerializable(typeof(SessionTokens))]
[JsonSerializable(typeof(Device[]))]
[JsonSerializable(typeof(CreateGroupRequest))]
[JsonSerializable(typeof(GroupCreated))]
[JsonSerializable(typeof(GroupUpdate))]
[JsonSerializable(typeof(MemberUpdate))]
[JsonSerializable(typeof(AddMembersRequest))]
[JsonSerializable(typeof(MembersAdded))]
[JsonSerializable(typeof(Group))]
[JsonSerializable(typeof(DirectoryRequest))]
[JsonSerializable(typeof(DirectoryAnswer))]
[JsonSerializable(typeof(BlocksRequest))]
[JsonSerializable(typeof(BlocksAnswer))]
[JsonSerializable(typeof(ContactRequest))]
[JsonSerializable(typeof(Contact[]))]
[JsonSerializable(typeof(ContactsRequest))]
[JsonSerializable(typeof(ContactsAnswer))]
[JsonSerializable(typeof(Problem))]
public sealed partial class ContractsJson : JsonSerializerContext
{
    /// <summary>The one set of options: source-generated for contracts, reflection for what a library adds.</summary>
    public static JsonSerializerOptions Wire => WireOptions.Value;

    /// <summary>
    /// The same for a writer that is given: its own encoder decides, and without one here contracts are written by generated code instead of by
    /// converters.
    /// </summary>
    public static JsonSerializerOptions ForWriter => WireOptions.ForWriter;

    /// <summary>What <see cref="Wire"/> writes.</summary>
    public static byte[] Write<T>(T value) => JsonBytes.Write(value, ForWriter);

    // A holder, because the order in which a partial class initialises its statics is not ours to choose.
    private static class WireOptions
    {
        public static readonly JsonSerializerOptions Value = new(JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
            // Chat is not HTML: escaping every non-ASCII letter would triple the bytes of most of the world's text.
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
            TypeInfoResolver = JsonTypeInfoResolver.Combine(Default, new DefaultJsonTypeInfoResolver()),
        };

        public static readonly JsonSerializerOptions ForWriter = new(Value) { Encoder = null };
    }
}
