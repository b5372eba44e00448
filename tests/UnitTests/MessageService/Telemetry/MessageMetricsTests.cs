using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.LocalDapr.Hosting;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities.Sql;
using ImDapr.MessageService.FanOut;
using ImDapr.ServiceDefaults.Observability;
using ImDapr.ServiceDefaults.Sql;
using ImDapr.UnitTests.LocalDapr.Hosting;
using ImDapr.UnitTests.MessageService.Inboxes;
using ImDapr.UnitTests.ServiceDefaults.Observability;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ImDapr.UnitTests.MessageService.Telemetry;

/// <summary>What an operator is woken for rises when it happens, and not before.</summary>
public sealed class MessageMetricsTests
{
    [Fact]
    public async Task An_inbox_that_has_lost_a_part_is_counted_once_as_rebuilt()
    {
        await using var system = await InboxSystem.StartAsync();
        await system.ConversationAsync("ann", "g:one", 250);
        var device = new TestDevice("d1");
        using var rebuilds = CounterWatch.OfCaller(MetricNames.InboxRebuilds);
        await device.SyncAllAsync(system.Inbox("ann"));
        Assert.Equal(0, rebuilds.Rise);

        await system.Client.DeleteStateAsync(DaprNames.StateStore, $"inbox-ann:{(await device.SyncAsync(system.Inbox("ann"))).Epoch}:1");
        await new TestDevice("d2").SyncAllAsync(system.Inbox("ann"));
        await device.SyncAllAsync(system.Inbox("ann"));

        Assert.Equal(1, rebuilds.Rise);
    }

    [Fact]
    public async Task A_write_to_an_inbox_that_another_instance_has_written_meanwhile_is_counted_as_a_conflict()
    {
        await using var system = await InboxSystem.StartAsync();
        await system.ConversationAsync("ann", "g:one", 2);
        using var conflicts = CounterWatch.OfCaller(MetricNames.StateConflicts, "inbox");
        var (actor, appender) = (system.Inbox("ann"), system.Appender());
        await actor.OpenAsync(new DeviceSession("phone", "ios", "c1", "node-a"), CancellationToken.None);
        Assert.Equal(0, conflicts.Rise);
        await appender.AppendAsync("ann", InboxSystem.References("g:one", 1, 2), CancellationToken.None);

        // It writes down which node holds the device, in what it remembers.
        await actor.OpenAsync(new DeviceSession("desk", "desktop", "c2", "node-b"), CancellationToken.None);

        Assert.Equal(1, conflicts.Rise);
    }

    [Fact]
    public async Task A_batch_that_could_not_be_fanned_out_is_counted_as_a_dead_letter_of_its_topic()
    {
        await using var dapr = new TestSystem();
        dapr.Component(DaprNames.PubSub, "pubsub.in-memory");
        using var dead = CounterWatch.OfProcess(MetricNames.DeadLetters, Topics.Messages);
        var sidecar = await dapr.AppAsync(DaprNames.MessageService, Map, services: AddFanOut);
        using var client = Client(sidecar);

        await client.PublishEventAsync(DaprNames.PubSub, Topics.Messages, MessagesStored.Of([InboxSystem.Message("g:one", 1)]));

        await dead.RisenAsync();
        Assert.Equal(1, dead.Rise);
    }

    private static void Map(WebApplication app)
    {
        app.MapFanOut();
        app.MapSubscribeHandler();
    }

    // There is no database: nobody can tell who the members are.
    private static void AddFanOut(IServiceCollection services, Sidecar sidecar) => services
        .AddSingleton(_ => Client(sidecar))
        .AddSingleton(provider => new SqlShards([new SqlClient(provider.GetRequiredService<DaprClient>())]))
        .AddSingleton<MemberStore>()
        .AddSingleton(provider => new MemberDirectory(
            provider.GetRequiredService<MemberStore>(), null!, provider.GetRequiredService<DaprClient>(), Options.Create(new FanOutOptions())))
        .AddSingleton(provider =>
        {
            var (shards, heads) = (provider.GetRequiredService<SqlShards>(), new ConversationHeads());
            var table = new SqlMessageTable(shards);
            return new SqlMessageStore(shards, table, new SqlSequencer(table, heads, TimeProvider.System, NullLogger<SqlSequencer>.Instance), heads, TimeProvider.System);
        })
        .AddSingleton(provider => new FanOutHandler(
            provider.GetRequiredService<MemberDirectory>(), provider.GetRequiredService<SqlMessageStore>(), null!, provider.GetRequiredService<DaprClient>(),
            NullLogger<FanOutHandler>.Instance));

    private static DaprClient Client(Sidecar sidecar) => new DaprClientBuilder()
        .UseHttpEndpoint(sidecar.AppVariables["DAPR_HTTP_ENDPOINT"]).UseGrpcEndpoint(sidecar.AppVariables["DAPR_GRPC_ENDPOINT"])
        .UseJsonSerializationOptions(ContractsJson.Wire).Build();
}
