using ImDapr.LocalDapr.PubSub;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.UnitTests.LocalDapr.PubSub;

public sealed class SqlitePubSubTests : PubSubContract
{
    private readonly TempFolder _folder = new();

    protected override IPubSub Create(params (string Name, string Value)[] metadata) => PubSubs.Create(
        Components.Spec("pubsub.sqlite", _folder.Path, [("connectionString", "broker.db"), .. metadata]), TimeProvider.System, NullLoggerFactory.Instance);

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_ephemeral_group_starts_with_the_next_message_and_leaves_nothing_behind()
    {
        var pubSub = await OpenAsync(("ephemeral", "true"), ("consumerID", "once"));
        await PublishAsync(pubSub, "before");

        var received = await SubscribeAsync(pubSub);
        await PublishAsync(pubSub, "after");

        Assert.Equal("after", await NextAsync(received));
        Assert.Equal(0, Count("SELECT COUNT(*) FROM broker_groups"));
    }

    [Fact]
    public async Task Finished_messages_are_not_delivered_after_a_restart_even_beside_an_unfinished_one()
    {
        var dying = await OpenAsync(("processingTimeout", "60000"));
        var started = await SubscribeAsync(dying, (message, cancellationToken) =>
            message.Data[0] == (byte)'0' ? Components.UntilCancelledAsync(cancellationToken) : Task.CompletedTask);
        for (var i = 0; i < 10; i++)
            await PublishAsync(dying, $"{i}");
        await TakeAsync(started, 10);
        await dying.DisposeAsync();

        var again = await OpenAsync(("concurrency", "1"));
        var received = await SubscribeAsync(again);
        await PublishAsync(again, "next");

        Assert.Equal(("0", "next"), (await NextAsync(received), await NextAsync(received)));
    }

    [Fact]
    public async Task A_topic_keeps_about_as_many_messages_as_maxLenApprox_says()
    {
        var pubSub = await OpenAsync(("maxLenApprox", "50"));

        for (var i = 0; i < 400; i++)
            await PublishAsync(pubSub, $"{i}");

        Assert.InRange(Count("SELECT COUNT(*) FROM broker_messages"), 50, 150);
    }

    [Fact]
    public async Task Without_maxLenApprox_what_all_groups_finished_is_deleted_and_nothing_else()
    {
        var pubSub = await OpenAsync(("consumerID", "fast"));
        var stuck = await OpenAsync(("consumerID", "stuck"), ("processingTimeout", "60000"));
        await SubscribeAsync(stuck, (_, cancellationToken) => Components.UntilCancelledAsync(cancellationToken));
        var received = await SubscribeAsync(pubSub);
        for (var i = 0; i < 250; i++)
            await PublishAsync(pubSub, $"{i}");
        await TakeAsync(received, 250);
        Assert.Equal(250, Count("SELECT COUNT(*) FROM broker_messages"));
        await stuck.DisposeAsync();

        var unstuck = await OpenAsync(("consumerID", "stuck"));
        await TakeAsync(await SubscribeAsync(unstuck), 250);
        await unstuck.DisposeAsync();
        for (var i = 250; i < 400; i++)
            await PublishAsync(pubSub, $"{i}");

        Assert.InRange(Count("SELECT COUNT(*) FROM broker_messages"), 1, 399 - 200);
    }

    private long Count(string sql)
    {
        using var connection = new SqliteConnection($"Data Source={Path.Combine(_folder.Path, "broker.db")};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
