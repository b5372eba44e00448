using System.Collections.Concurrent;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Sql;
using ImDapr.UnitTests.LocalDapr;
using ImDapr.UnitTests.LocalDapr.Hosting;
using ImDapr.UserService.Accounts;
using ImDapr.UserService.Contacts;
using ImDapr.UserService.Groups;
using ImDapr.UserService.Relations;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.UserService;

/// <summary>The stores of user-service on a database of their own, and what was told on <c>im.relations</c>. Nothing is left behind by itself: time stands.</summary>
internal sealed class RelationSystem : IAsyncDisposable
{
    private readonly TestSystem _system = new();
    private DaprClient _dapr = null!;
    private BlockStore _blocks = null!;
    private SqlClient _sql = null!;

    public FakeTimeProvider Time { get; } = new();

    public ConcurrentQueue<RelationChanged> Told { get; } = [];

    public GroupStore Groups { get; private set; } = null!;

    public GroupChanges GroupChanges { get; private set; } = null!;

    public ContactStore Contacts { get; private set; } = null!;

    public ContactChanges ContactChanges { get; private set; } = null!;

    public RelationOutbox Outbox { get; private set; } = null!;

    public static async Task<RelationSystem> StartAsync(params string[] userIds)
    {
        var system = new RelationSystem();
        await system.StartAsync();
        await system.AddUsersAsync(userIds);
        return system;
    }

    public async Task AddUsersAsync(IReadOnlyCollection<string> userIds)
    {
        foreach (var chunk in userIds.Chunk(1_000))
        {
            await _sql.InsertNewAsync(
                "users", ["user_id", "display_name", "password_hash", "created_at"],
                [.. chunk.Select(userId => new object?[] { userId, userId, "-", 0 })], CancellationToken.None);
        }
    }

    public void ContactLimits(int maxContacts, int maxPendingRequests) => ContactChanges = new ContactChanges(
        Contacts, _blocks, Outbox, Options.Create(new ContactOptions { MaxContacts = maxContacts, MaxPendingRequests = maxPendingRequests }));

    /// <summary>Lets the background round run until nothing is left behind.</summary>
    public async Task FinishAsync()
    {
        if (Outbox.ExecuteTask is null)
            await Outbox.StartAsync(CancellationToken.None);
        await UntilAsync(async () =>
        {
            Time.Advance(TimeSpan.FromSeconds(5));
            return (await _sql.QueryAsync("SELECT kind FROM relation_changes LIMIT 1", [], CancellationToken.None)).Count == 0;
        });
    }

    /// <summary>What was told of a subject, by version; a repeat counts once.</summary>
    public async Task<List<string>> ActionsAsync(string subject, int count)
    {
        var told = Told.Where(change => change.Subject == subject).DistinctBy(change => change.Version);
        await UntilAsync(() => Task.FromResult(told.Count() >= count));
        return [.. told.OrderBy(change => change.Version).Select(change => change.Action)];
    }

    public static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        using var limit = new CancellationTokenSource(Components.Patience);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        while (!await isSo())
            await timer.WaitForNextTickAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        Outbox.Dispose();
        _sql.Dispose();
        _dapr.Dispose();
        await _system.DisposeAsync();
    }

    private async Task StartAsync()
    {
        _system.Component(DaprNames.Entities, "bindings.sqlite", "{name: url, value: entities.db}");
        _system.Component(DaprNames.PubSub, "pubsub.in-memory");
        var sidecar = await _system.AppAsync(DaprNames.UserService, MapTold);
        _dapr = new DaprClientBuilder()
            .UseHttpEndpoint(sidecar.AppVariables["DAPR_HTTP_ENDPOINT"]).UseGrpcEndpoint(sidecar.AppVariables["DAPR_GRPC_ENDPOINT"])
            .UseJsonSerializationOptions(ContractsJson.Wire).Build();
        _sql = new SqlClient(_dapr);
        var set = new MigrationSet("user", typeof(GroupStore).Assembly);
        await new MigrationRunner(new SqlShards([_sql]), _dapr, set, TimeProvider.System, NullLogger<MigrationRunner>.Instance).StartingAsync(CancellationToken.None);
        Compose();
    }

    private void Compose()
    {
        var log = new RelationLog(_sql, Time);
        _blocks = new BlockStore(_sql, Time);
        (Groups, Contacts) = (new GroupStore(_sql, log, Time), new ContactStore(_sql, log, Time));
        Outbox = new RelationOutbox(log, [Groups, Contacts], new RelationsPublisher(_dapr), Time, NullLogger<RelationOutbox>.Instance);
        GroupChanges = new GroupChanges(Groups, Outbox, new UserStore(_sql, Time), _blocks);
        ContactLimits(3_000, 200);
    }

    private void MapTold(WebApplication app)
    {
        app.MapGet("/dapr/subscribe", () => new[] { new { pubsubName = DaprNames.PubSub, topic = Topics.Relations, route = "told" } });
        app.MapPost("/told", async (HttpContext context) =>
        {
            var told = await System.Text.Json.JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
            Told.Enqueue(System.Text.Json.JsonSerializer.Deserialize<RelationChanged>(told.RootElement.GetProperty("data"), ContractsJson.Wire)!);
        });
    }
}
