using System.Buffers;
using System.Net;
using System.Text.Json;
using System.Threading.Channels;
using ImDapr.LocalDapr.Expressions;
using ImDapr.LocalDapr.Json;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>
/// Bulk subscription on a component without one of its own, as daprd emulates it (dapr-contract 3.5): each worker of the component waits until the batch
/// that holds its message is answered, so a batch is never larger than the component's concurrency. One batch at a time.
/// </summary>
internal sealed class BulkDelivery
{
    private readonly DeliveryTarget _target;
    private readonly BulkOptions _options;
    private readonly Channel<BulkMessage> _queue;

    private BulkDelivery(DeliveryTarget target, BulkOptions options)
    {
        (_target, _options) = (target, options);
        _queue = Channel.CreateBounded<BulkMessage>(options.MaxMessages);
    }

    /// <summary>Batches go out until <paramref name="lifetime"/> ends.</summary>
    public static BulkDelivery Start(DeliveryTarget target, BulkOptions options, CancellationToken lifetime)
    {
        var delivery = new BulkDelivery(target, options);
        _ = Task.Run(() => delivery.RunAsync(lifetime), CancellationToken.None); // ends with the subscription; what it holds is cancelled with it
        return delivery;
    }

    /// <summary>Returns when the app has taken the message's batch.</summary>
    /// <exception cref="Exception">The app does not take this message, nor does a dead-letter topic.</exception>
    public async Task HandleAsync(BrokerMessage message, CancellationToken cancellationToken)
    {
        var entry = new BulkMessage(Guid.NewGuid().ToString(), message);
        await _queue.Writer.WriteAsync(entry, cancellationToken);
        await entry.Done.Task.WaitAsync(cancellationToken);
    }

    private async Task RunAsync(CancellationToken lifetime)
    {
        try
        {
            while (true)
                await DeliverAsync(await CollectAsync(lifetime), lifetime);
        }
        catch (OperationCanceledException) when (lifetime.IsCancellationRequested)
        {
            return; // the end of the subscription; the component sees its handlers cancelled
        }
    }

    private async Task<List<BulkMessage>> CollectAsync(CancellationToken lifetime)
    {
        List<BulkMessage> batch = [await _queue.Reader.ReadAsync(lifetime)];
        using var window = new CancellationTokenSource(_options.MaxWait, _target.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(lifetime, window.Token);
        try
        {
            while (batch.Count < _options.MaxMessages)
                batch.Add(await _queue.Reader.ReadAsync(both.Token));
        }
        catch (OperationCanceledException) when (!lifetime.IsCancellationRequested)
        {
            return batch; // the window is over
        }
        return batch;
    }

    private async Task DeliverAsync(List<BulkMessage> batch, CancellationToken lifetime)
    {
        try
        {
            foreach (var message in batch)
                await RouteAsync(message, lifetime);
            foreach (var group in batch.Where(message => message.Route is not null).GroupBy(message => message.Route!).ToList())
                await DeliverAsync(group.Key, [.. group], lifetime);
            var failed = batch.Where(message => message.Failure is not null).ToList();
            if (failed.Count > 0 && await _target.BuryAsync([.. failed.Select(message => message.Original)], failed[0].Failure!.Message, lifetime))
                failed.ForEach(message => message.Failure = null);
        }
        catch (Exception exception)
        {
            batch.ForEach(message => message.Failure ??= exception);
        }
        batch.ForEach(message => message.Finish());
    }

    // An event that no rule wants is posted to the root of the app, after it went to the dead-letter topic: daprd means to skip it, and does not.
    private async Task RouteAsync(BulkMessage message, CancellationToken lifetime)
    {
        try
        {
            var subscription = _target.Subscription;
            var head = subscription.IsRaw ? default : EventHead.Read(message.Data, _target.Time);
            if (head.IsExpired)
            {
                await _target.BuryAsync([message.Original], "it has expired", lifetime);
                return;
            }
            message.Trace = head.Trace;
            message.Route = subscription.RouteOf(subscription.HasConditions ? Event(message, subscription.IsRaw) : null);
            if (message.Route is not null)
                return;
            await _target.BuryAsync([message.Original], "no route matches", lifetime);
            message.Route = "";
        }
        catch (InvalidDataException exception)
        {
            message.Failure = exception;
        }
    }

    private static object? Event(BulkMessage message, bool isRaw) =>
        isRaw ? System.Text.Encoding.UTF8.GetString(message.Data) : CelJson.Read(message.Data);

    private async Task DeliverAsync(string route, List<BulkMessage> messages, CancellationToken lifetime)
    {
        var left = messages;
        try
        {
            await _target.Policies.Inbound.RunAsync(
                async token =>
                {
                    await PostAsync(route, left, token);
                    left = [.. left.Where(message => message.Failure is not null)];
                    if (left.Count > 0)
                        throw new InvalidOperationException("few message(s) have failed during bulk subscribe operation", left[0].Failure);
                },
                _ => false, _target.Time, lifetime);
        }
        catch (Exception exception) when (!lifetime.IsCancellationRequested)
        {
            left.ForEach(message => message.Failure ??= exception);
        }
    }

    private async Task PostAsync(string route, List<BulkMessage> messages, CancellationToken cancellationToken)
    {
        using var request = _target.Request(
            route, Envelope(messages), "application/json", [KeyValuePair.Create(DeliveryTarget.PubSubName, _target.Subscription.PubSub)]);
        // A call belongs to one trace: that of the last event which has one.
        _target.Trace(request, messages.LastOrDefault(message => message.Trace is not null)?.Trace);
        try
        {
            using var response = await _target.App.SendAsync(request, cancellationToken);
            if (response.IsSuccessStatusCode)
                await BuryDroppedAsync(Read(await response.Content.ReadAsByteArrayAsync(cancellationToken), messages), cancellationToken);
            else if (response.StatusCode == HttpStatusCode.NotFound)
                messages.ForEach(message => message.Failure = null); // dropped, all of them
            else
                throw new InvalidOperationException($"Retriable error returned from app while processing bulk pub/sub event, status code returned: {(int)response.StatusCode}");
        }
        catch (Exception exception) when (exception is HttpRequestException or InvalidOperationException)
        {
            messages.ForEach(message => message.Failure = exception);
        }
    }

    // No answer for a message, or none that is known, means: once more. So does a body that cannot be read, other than for a single message.
    // Answers those that are dropped: handled, like those that succeeded.
    private static List<BrokerMessage> Read(byte[] answer, List<BulkMessage> messages)
    {
        var dropped = new List<BrokerMessage>();
        var statuses = new Dictionary<string, string>();
        var why = "response not received, RETRY required while processing bulk subscribe event";
        try
        {
            foreach (var status in JsonSerializer.Deserialize<BulkAnswer>(answer, JsonSerializerOptions.Web)?.Statuses ?? [])
                statuses[status.EntryId ?? ""] = status.Status ?? "";
        }
        catch (JsonException exception)
        {
            why = $"failed unmarshalling app response for bulk subscribe: {exception.Message}";
        }
        foreach (var message in messages)
        {
            var status = statuses.GetValueOrDefault(message.Id);
            message.Failure = status is "SUCCESS" or "DROP" ? null : new InvalidOperationException(status is null ? why : $"{status} status for entry {message.Id}");
            if (status == "DROP")
                dropped.Add(message.Original);
        }
        return dropped;
    }

    private async Task BuryDroppedAsync(List<BrokerMessage> dropped, CancellationToken cancellationToken)
    {
        if (dropped.Count == 0)
            return;
        Delivery.LogDropped(_target.Logger, _target.App.AppId, _target.Subscription.Topic, "the app answered DROP");
        await _target.BuryAsync(dropped, "the app answered DROP", cancellationToken);
    }

    private byte[] Envelope(List<BulkMessage> messages)
    {
        var subscription = _target.Subscription;
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { SkipValidation = true }))
        {
            json.WriteStartObject();
            json.WriteString("id", Guid.NewGuid().ToString());
            json.WriteString("type", "com.dapr.event.sent.bulk");
            json.WriteString("topic", subscription.Topic);
            json.WriteString("pubsubname", subscription.PubSub);
            json.WriteTexts("metadata", new Dictionary<string, string> { [DeliveryTarget.PubSubName] = subscription.PubSub });
            json.WriteStartArray("entries");
            foreach (var message in messages)
                Write(json, message, subscription.IsRaw);
            json.WriteEndArray();
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    private static void Write(Utf8JsonWriter json, BulkMessage message, bool isRaw)
    {
        json.WriteStartObject();
        json.WriteString("entryId", message.Id);
        if (isRaw)
        {
            json.WriteBase64String("event", message.Data);
        }
        else
        {
            // Decoded and encoded on the way, other than a single message: its numbers are bent.
            json.WritePropertyName("event");
            json.WriteRawValue(GoNumbers.Bend(message.Data) ?? message.Data, skipInputValidation: true);
        }
        if (message.Original.Metadata.Count == 0)
            json.WriteNull("metadata");
        else
            json.WriteTexts("metadata", message.Original.Metadata);
        json.WriteString("contentType", isRaw ? "application/octet-stream" : CloudEvent.ContentType);
        json.WriteEndObject();
    }

    private sealed record BulkAnswer(BulkStatus[]? Statuses);

    private sealed record BulkStatus(string? EntryId, string? Status);

    private sealed class BulkMessage(string id, BrokerMessage original)
    {
        public string Id => id;

        public BrokerMessage Original => original;

        public byte[] Data => original.Data;

        public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public string? Route { get; set; }

        public string? Trace { get; set; }

        public Exception? Failure { get; set; }

        public void Finish()
        {
            if (Failure is null)
                Done.SetResult();
            else
                Done.SetException(Failure);
        }
    }
}
