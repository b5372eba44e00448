using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Entities.Sql;
using ImDapr.MessageService.Entities.State;
using ImDapr.MessageService.FanOut;
using ImDapr.MessageService.Inbox;
using ImDapr.MessageService.Receipts;
using ImDapr.MessageService.Sending;
using ImDapr.MessageService.Timeline;
using ImDapr.ServiceDefaults.Sql;
using ImDapr.UnitTests.LocalDapr.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ImDapr.UnitTests.MessageService.Invariants;

/// <summary>What two instances of message-service have to themselves and what they share: a database, and a state store that may be lost.</summary>
internal sealed class WorldStores : IAsyncDisposable
{
    private static readonly InboxOptions Small = new() { Capacity = 100 };
    private readonly TestSystem _dapr = new();
    private readonly string _model;
    private readonly List<IDisposable> _owned = [];
    private DaprClient? _client;
    private SqlClient? _sql;
    private DeliveredMarks? _marks;

    private WorldStores(string model) => _model = model;

    public IMessageStore[] Messages { get; private set; } = [];

    public MemberStore Members => new(Shards);

    private SqlShards Shards => new([_sql!]);

    public TimelineReader Timelines => new(null!, Messages[0], TimeProvider.System, Options.Create(new MessageLimits()));

    public static async Task<WorldStores> StartAsync(string model)
    {
        var stores = new WorldStores(model);
        stores._dapr.Component(DaprNames.StateStore, "state.in-memory", "");
        stores._dapr.Component(DaprNames.PubSub, "pubsub.in-memory", "");
        stores._dapr.Component(DaprNames.Broadcast, "pubsub.in-memory", "");
        stores._dapr.Component(DaprNames.Entities, "bindings.sqlite", "{name: url, value: entities.db}");
        await stores.LoseStateAsync();
        foreach (var statement in Migration.ReadAll(typeof(IMessageStore).Assembly).SelectMany(migration => migration.Statements))
            await stores._sql!.ExecuteAsync(statement, [], CancellationToken.None);
        return stores;
    }

    /// <summary>A sidecar whose state in memory is empty, on the same database; both instances begin anew beside it.</summary>
    public async Task LoseStateAsync()
    {
        var variables = (await _dapr.SidecarAsync(DaprNames.MessageService)).AppVariables;
        _client = Own(new DaprClientBuilder()
            .UseHttpEndpoint(variables["DAPR_HTTP_ENDPOINT"]).UseGrpcEndpoint(variables["DAPR_GRPC_ENDPOINT"])
            .UseJsonSerializationOptions(ContractsJson.Wire).Build());
        _sql = Own(new SqlClient(_client));
        // Not started: what it was told waits.
        _marks = Own(new DeliveredMarks(new ReceiptStore(Shards), null!, null!, _client, Options.Create(new ReceiptsOptions()), TimeProvider.System, NullLogger<DeliveredMarks>.Instance));
        Messages = [CreateStore(), CreateStore()];
    }

    /// <summary>An inbox as a newly activated actor has it: it remembers nothing.</summary>
    public UserInbox Inbox(string userId) => Inboxes.Of(userId);

    /// <summary>What an instance that has just started appends with: it remembers nothing.</summary>
    public InboxWriter Appender() => new(
        Inboxes, Own(new InboxMemory(Options.Create(Small))), new StateLife(_client!, TimeProvider.System), new InboxFiller(Messages[0], Members), new DeliveryPublisher(_client!, TimeProvider.System), _client!, Options.Create(Small),
        TimeProvider.System, NullLogger<InboxWriter>.Instance);

    private UserInboxes Inboxes => new(
        _client!, new StateLife(_client!, TimeProvider.System), new InboxOverflow(Shards), new InboxFiller(Messages[0], Members), new InboxPages(Messages[0], TimeProvider.System, Options.Create(new MessageLimits())), Messages[0], _marks!,
        Options.Create(Small), Options.Create(new SessionsOptions()), TimeProvider.System, NullLoggerFactory.Instance);

    public async ValueTask DisposeAsync()
    {
        foreach (var owned in Enumerable.Reverse(_owned))
            owned.Dispose();
        await _dapr.DisposeAsync();
    }

    private IMessageStore CreateStore() => _model == StorageOptions.Redis ? CreateStateStore() : CreateSqlStore();

    private SqlMessageStore CreateSqlStore()
    {
        var (table, heads) = (new SqlMessageTable(Shards), new ConversationHeads());
        return new SqlMessageStore(Shards, table, new SqlSequencer(table, heads, TimeProvider.System, NullLogger<SqlSequencer>.Instance), heads, TimeProvider.System);
    }

    private StateMessageStore CreateStateStore()
    {
        var options = Options.Create(new StorageOptions { Model = StorageOptions.Redis });
        var state = new StateClient(_client!);
        var (heads, pages) = (new StateHeads(state), new StatePages(state, options));
        var entities = new StateEntities(state, heads, pages, options, TimeProvider.System, NullLogger<StateEntities>.Instance);
        var sequencer = new StateSequencer(heads, entities, pages, TimeProvider.System, NullLogger<StateSequencer>.Instance);
        return new StateMessageStore(sequencer, heads, entities, pages);
    }

    private T Own<T>(T owned) where T : IDisposable
    {
        _owned.Add(owned);
        return owned;
    }
}
