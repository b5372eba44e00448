using System.Text.Json;
using StackExchange.Redis;

namespace ImDapr.LocalDapr.PubSub;

internal sealed record StreamMessage(string Id, BrokerMessage Message);

/// <summary>One stream as one consumer group sees it.</summary>
internal sealed partial class RedisStream(IDatabase database, string topic, string consumer, ILogger logger)
{
    /// <summary>How long a read waits for messages; they are there at once when they come, so this only sets the pace of idling.</summary>
    public static readonly TimeSpan Block = TimeSpan.FromSeconds(3);

    private static readonly IReadOnlyDictionary<string, string> NoMetadata = new Dictionary<string, string>();

    public string Topic => topic;

    /// <summary>From the beginning of what the stream holds; a group that exists stays as it is.</summary>
    public async Task CreateGroupAsync()
    {
        try
        {
            await database.StreamCreateConsumerGroupAsync(topic, consumer, "0", createStream: true);
        }
        catch (RedisServerException error) when (error.Message.StartsWith("BUSYGROUP", StringComparison.Ordinal))
        {
            return; // another instance, or an earlier start, made it
        }
    }

    public async Task<IReadOnlyList<StreamMessage>> ReadNewAsync(int count)
    {
        var reply = await database.ExecuteAsync(
            "XREADGROUP", "GROUP", consumer, consumer, "COUNT", count, "BLOCK", (int)Block.TotalMilliseconds, "STREAMS", (RedisKey)topic, ">");
        if (reply.IsNull)
            return [];
        // One stream was asked for: [[name, [[id, [field, value, …]], …]]]
        return [.. ((RedisResult[])reply[0][1]!).Select(Message)];
    }

    /// <summary>Takes over messages that nobody finished within the given time.</summary>
    public async Task<IReadOnlyList<StreamMessage>> ClaimAsync(int count, TimeSpan unfinishedFor)
    {
        var pending = await database.StreamPendingMessagesAsync(topic, consumer, count, RedisValue.Null);
        var ids = pending.Where(message => message.IdleTimeInMilliseconds >= unfinishedFor.TotalMilliseconds).Select(message => message.MessageId).ToArray();
        if (ids.Length == 0)
            return [];
        var claimed = await database.StreamClaimAsync(topic, consumer, consumer, (long)unfinishedFor.TotalMilliseconds, ids);
        var messages = claimed.Where(entry => !entry.IsNull && entry.Values is not null).Select(Message).ToList();
        if (messages.Count < ids.Length)
            await ForgetTrimmedAsync(ids.Except(claimed.Select(entry => entry.Id)));
        return messages;
    }

    // What was trimmed from the stream would stay pending for ever (Redis before 7).
    private async Task ForgetTrimmedAsync(IEnumerable<RedisValue> ids)
    {
        foreach (var id in ids)
        {
            if ((await database.StreamRangeAsync(topic, id, id)).Length == 0)
                await database.StreamAcknowledgeAsync(topic, consumer, id);
        }
    }

    private StreamMessage Message(RedisResult entry)
    {
        byte[]? data = null;
        byte[]? metadata = null;
        var fields = (RedisValue[])entry[1]!;
        for (var i = 0; i + 1 < fields.Length; i += 2)
        {
            if (fields[i] == "data")
                data = fields[i + 1];
            else if (fields[i] == "metadata")
                metadata = fields[i + 1];
        }
        return Message((string)entry[0]!, data, metadata);
    }

    private StreamMessage Message(StreamEntry entry) => Message((string)entry.Id!, entry["data"], entry["metadata"]);

    private StreamMessage Message(string id, byte[]? data, byte[]? metadata) =>
        new(id, new BrokerMessage(topic, data ?? [], metadata is null ? NoMetadata : Metadata(id, metadata)));

    // What somebody else wrote into the stream must not stop what comes after it.
    private IReadOnlyDictionary<string, string> Metadata(string id, byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize<Dictionary<string, string>>(json) ?? NoMetadata;
        }
        catch (JsonException error)
        {
            LogBadMetadata(id, topic, error);
            return NoMetadata;
        }
    }

    [LoggerMessage(9323, LogLevel.Warning, "Message {Id} of {Topic} has metadata that is no JSON map; it is delivered without")]
    private partial void LogBadMetadata(string id, string topic, Exception error);
}
