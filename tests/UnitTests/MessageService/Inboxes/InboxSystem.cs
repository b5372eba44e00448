using System.Text.Json;
using Dapr.Client;
using Grpc.Net.Client;
using ImDapr.Contracts;
using ImDapr.LocalDapr.Hosting;
using ImDapr.MessageService;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities.Sql;
using ImDapr.MessageService.FanOut;
using ImDapr.MessageService.Inbox;
using ImDapr.MessageService.Receipts;
using ImDapr.MessageService.Sending;
using ImDapr.ServiceDefaults.Sql;
using ImDapr.UnitTests.LocalDapr.Hosting;
using ImDapr.UnitTests.MessageService.Entities;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.MessageService.Inboxes;

/// <summary>Inboxes over a sidecar in this process. Any number of them may be made of one user: that is what a double activation is.</summary>
internal sealed class InboxSystem : IAsyncDisposable
{
    private readonly TestSystem _dapr = new();
    private readonly List<InboxMemory> _memories = [];
    private DaprClient? _client;
    private SqlClient? _sql;
    private DeliveredMarks? _marks;

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000));

    public WatchedMessages Messages { get; private set; } = null!;

    public DaprClient Client => _client!;

    /// <summary>What every inbox here asks its sidecar.</summary>
    public StateCalls Calls { get; } = new();

    public SqlClient Sql => _sql!;

    public SqlShards Shards => new([Sql]);

    public static async Task<InboxSystem> StartAsync(string stateStore = "state.in-memory")
    {
        var system = new InboxSystem();
        system._dapr.Component(DaprNames.StateStore, stateStore, stateStore == "state.sqlite" ? "{name: connectionString, value: state.db}" : "");
        system._dapr.Component(DaprNames.Entities, "bindings.sqlite", "{name: url, value: entities.db}");
        system._dapr.Component(DaprNames.PubSub, "pubsub.in-memory", "");
        system._dapr.Component(DaprNames.Broadcast, "pubsub.in-memory", "");
        var sidecar = await system._dapr.SidecarAsync(DaprNames.MessageService);
        await system.BuildAsync(sidecar);
        return system;
    }

    /// <summary>An inbox as a newly activated actor has it: it remembers nothing.</summary>
    public UserInbox Inbox(string userId, InboxOptions? options = null) => Inboxes(options).Of(userId);

    /// <summary>What an instance that has just started appends with: it remembers nothing.</summary>
    public InboxWriter Appender(InboxOptions? options = null)
    {
        var all = Options.Create(options ?? new InboxOptions());
        var memory = new InboxMemory(all);
        _memories.Add(memory);
        return new InboxWriter(
            Inboxes(options), memory, new StateLife(Client, Time), new InboxFiller(Messages, new MemberStore(Shards)), new DeliveryPublisher(Client, Time), Client, all, Time, NullLogger<InboxWriter>.Instance);
    }

    private UserInboxes Inboxes(InboxOptions? options) => new(
        Client, new StateLife(Client, Time), new InboxOverflow(Shards), new InboxFiller(Messages, new MemberStore(Shards)), new InboxPages(Messages, Time, Options.Create(new MessageLimits())), Messages, _marks!,
        Options.Create(options ?? new InboxOptions()), Options.Create(new SessionsOptions()), Time, NullLoggerFactory.Instance);

    /// <summary>A conversation with messages that the user is a member of.</summary>
    public async Task ConversationAsync(string userId, string conversationId, int messages)
    {
        await MemberAsync(userId, conversationId);
        await StoreAsync(conversationId, 1, messages);
    }

    public Task MemberAsync(string userId, string conversationId) =>
        new MemberStore(Shards).AddAsync([new Membership(userId, conversationId, Roles.Member, 1, 0, 0, 0, 0)], CancellationToken.None);

    public async Task StoreAsync(string conversationId, int from, int to)
    {
        foreach (var seqs in Enumerable.Range(from, to - from + 1).Chunk(SqlMessageTable.MaxRows))
            await new SqlMessageTable(Shards).InsertAsync([.. seqs.Select(seq => Message(conversationId, seq))], CancellationToken.None);
    }

    public static Message Message(string conversationId, long seq) => new(
        conversationId, seq, "sender", "d1", $"{conversationId}/{seq}", MessageTypes.Text, JsonSerializer.SerializeToElement(new { text = $"{seq}" }), null, null, seq);

    public static MessageReference[] References(string conversationId, int from, int to) =>
        [.. Enumerable.Range(from, Math.Max(0, to - from + 1)).Select(seq => new MessageReference(conversationId, seq, JoinSeq: 1))];

    public async ValueTask DisposeAsync()
    {
        _memories.ForEach(memory => memory.Dispose());
        _marks?.Dispose();
        _sql?.Dispose();
        _client?.Dispose();
        await _dapr.DisposeAsync();
    }

    private async Task BuildAsync(Sidecar sidecar)
    {
        var variables = sidecar.AppVariables;
        _client = new DaprClientBuilder()
            .UseHttpEndpoint(variables["DAPR_HTTP_ENDPOINT"]).UseGrpcEndpoint(variables["DAPR_GRPC_ENDPOINT"])
            .UseGrpcChannelOptions(new GrpcChannelOptions { HttpHandler = Calls })
            .UseJsonSerializationOptions(ContractsJson.Wire).Build();
        _sql = new SqlClient(_client);
        foreach (var statement in Migration.ReadAll(typeof(MessageServiceExtensions).Assembly).SelectMany(migration => migration.Statements))
            await _sql.ExecuteAsync(statement, [], CancellationToken.None);
        var table = new SqlMessageTable(Shards);
        var heads = new ConversationHeads();
        Messages = new WatchedMessages(new SqlMessageStore(Shards, table, new SqlSequencer(table, heads, Time, NullLogger<SqlSequencer>.Instance), heads, Time));
        // Not started: what it was told waits.
        _marks = new DeliveredMarks(new ReceiptStore(Shards), null!, null!, _client, Options.Create(new ReceiptsOptions()), Time, NullLogger<DeliveredMarks>.Instance);
    }
}
