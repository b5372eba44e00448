using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>
/// Hands one subscription's messages to the app and reads its answer as daprd does (dapr-contract 3.4): retried only when a policy says so, then
/// the dead-letter topic, else the component is told that it failed.
/// </summary>
public sealed partial class Delivery(
    Subscription subscription, AppChannel app, IPubSub broker, ResiliencyPolicy inbound, TimeProvider time, ILogger<Delivery> logger)
{
    public async Task HandleAsync(BrokerMessage message, CancellationToken cancellationToken)
    {
        var envelope = IsRaw ? WrapRaw(message) : message.Data;
        var (expired, traceParent) = Inspect(envelope);
        if (expired)
        {
            await DeadLetterAsync(message, "it has expired", cancellationToken);
            return;
        }
        try
        {
            await inbound.RunAsync(token => PostAsync(envelope, traceParent, token), error => error is DroppedException, time, cancellationToken);
        }
        catch (DroppedException dropped)
        {
            LogDropped(app.AppId, subscription.Topic, dropped.Message);
            await DeadLetterAsync(message, dropped.Message, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested && subscription.DeadLetterTopic is not null)
        {
            await DeadLetterAsync(message, exception.Message, cancellationToken);
        }
    }

    private bool IsRaw => subscription.Metadata.TryGetValue("rawPayload", out var raw) && bool.TryParse(raw, out var value) && value;

    private byte[] WrapRaw(BrokerMessage message) => CloudEvent.Wrap(
        new Publication(subscription.PubSub, message.Topic, message.Data, "application/octet-stream", new Dictionary<string, string>(), null, null),
        app.AppId, time);

    private (bool Expired, string? TraceParent) Inspect(byte[] envelope)
    {
        var reader = new Utf8JsonReader(envelope);
        DateTimeOffset? expiration = null;
        string? traceParent = null;
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                    continue;
                if (reader.ValueTextEquals("expiration"u8) && reader.Read())
                    expiration = DateTimeOffset.Parse(reader.GetString()!, CultureInfo.InvariantCulture);
                else if (reader.ValueTextEquals("traceparent"u8) && reader.Read())
                    traceParent = reader.GetString();
                else
                    reader.Skip();
            }
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"a message on {subscription.Topic} is no CloudEvent", exception);
        }
        return (expiration <= time.GetUtcNow(), traceParent);
    }

    private async Task PostAsync(byte[] envelope, string? traceParent, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, subscription.Route) { Content = new ByteArrayContent(envelope) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(CloudEvent.ContentType);
        request.Headers.TryAddWithoutValidation("pubsubName", subscription.PubSub);
        if (!string.IsNullOrEmpty(traceParent))
            request.Headers.TryAddWithoutValidation("traceparent", traceParent);
        using var response = await app.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
            throw new DroppedException($"the app answered 404 on {subscription.Route}");
        if (!response.IsSuccessStatusCode)
            throw new RetriableException($"retriable error returned from app while processing pub/sub event, topic {subscription.Topic}: status {(int)response.StatusCode}");
        Check(await response.Content.ReadAsByteArrayAsync(cancellationToken));
    }

    private void Check(byte[] answer)
    {
        switch (StatusOf(answer))
        {
            case null or "" or "SUCCESS": return;
            case "DROP": throw new DroppedException("the app answered DROP");
            case var status: throw new RetriableException($"{status} status returned from app while processing pub/sub event, topic {subscription.Topic}");
        }
    }

    // An empty answer, or one that is no JSON object with a status, counts as success.
    private static string? StatusOf(byte[] answer)
    {
        if (answer.Length == 0)
            return null;
        try
        {
            using var json = JsonDocument.Parse(answer);
            return json.RootElement.ValueKind == JsonValueKind.Object && json.RootElement.TryGetProperty("status", out var status) && status.ValueKind == JsonValueKind.String
                ? status.GetString()
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task DeadLetterAsync(BrokerMessage message, string reason, CancellationToken cancellationToken)
    {
        if (subscription.DeadLetterTopic is not { } dead)
            return;
        LogDead(app.AppId, subscription.Topic, dead, reason);
        await broker.PublishAsync(message with { Topic = dead }, cancellationToken);
    }

    private sealed class DroppedException(string message) : Exception(message);

    private sealed class RetriableException(string message) : Exception(message);

    [LoggerMessage(9201, LogLevel.Warning, "{AppId}: a message on {Topic} goes to {DeadLetterTopic}: {Reason}")]
    private partial void LogDead(string appId, string topic, string deadLetterTopic, string reason);

    [LoggerMessage(9202, LogLevel.Warning, "{AppId}: a message on {Topic} is dropped: {Reason}")]
    private partial void LogDropped(string appId, string topic, string reason);
}
