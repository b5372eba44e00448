using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.Expressions;
using ImDapr.LocalDapr.Invocation;
using ImDapr.LocalDapr.Policies;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>Where deliveries of one subscription go, and what is told of those that nobody wants.</summary>
/// <param name="PublishAsync">Publishes to the dead-letter topic.</param>
internal sealed record DeliveryTarget(
    Subscription Subscription, AppChannel App, PubSubPolicies Policies, TimeProvider Time, ILogger<Delivery> Logger,
    Func<BrokerMessage, CancellationToken, Task> PublishAsync)
{
    public const string PubSubName = "pubsubName";

    private static readonly TimeSpan DeadLetterLimit = TimeSpan.FromSeconds(30);

    /// <summary>The message as daprd passes it on: its metadata says which component it came through.</summary>
    public BrokerMessage Named(BrokerMessage message) =>
        message with { Metadata = new Dictionary<string, string>(message.Metadata) { [PubSubName] = Subscription.PubSub } };

    /// <summary>A call of the app with message metadata as headers.</summary>
    public HttpRequestMessage Request(string route, byte[] body, string contentType, IEnumerable<KeyValuePair<string, string>> metadata)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, route) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        foreach (var (name, value) in metadata)
            request.Headers.TryAddWithoutValidation(name, value.ReplaceLineEndings(" "));
        return request;
    }

    /// <summary>Makes the call a span below that of an event; null: it has none.</summary>
    public void Trace(HttpRequestMessage request, string? parent)
    {
        if (!Policies.IsTracing || parent is null)
            return;
        request.Headers.Remove("traceparent");
        request.Headers.TryAddWithoutValidation("traceparent", TraceContext.Child(parent));
    }

    /// <summary>Sends to the dead-letter topic, if there is one.</summary>
    /// <returns>False when there is none, or it does not take the message.</returns>
    public async Task<bool> BuryAsync(IReadOnlyList<BrokerMessage> messages, string reason, CancellationToken cancellationToken)
    {
        if (Subscription.DeadLetterTopic is not { } dead)
            return false;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(DeadLetterLimit);
        try
        {
            await Task.WhenAll(messages.Select(message => PublishAsync(message with { Topic = dead }, limit.Token)));
            Delivery.LogDead(Logger, App.AppId, messages.Count, Subscription.Topic, dead, reason);
            return true;
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            Delivery.LogNotBuried(Logger, App.AppId, Subscription.Topic, dead, exception);
            return false;
        }
    }
}

/// <summary>What an event says to its sidecar.</summary>
internal readonly record struct EventHead(bool IsExpired, string? Trace)
{
    /// <exception cref="InvalidDataException">It is no event.</exception>
    public static EventHead Read(ReadOnlySpan<byte> envelope, TimeProvider time)
    {
        var reader = new Utf8JsonReader(envelope);
        string? expiration = null, parent = null, id = null;
        try
        {
            if (!reader.Read() || reader.TokenType is not (JsonTokenType.StartObject or JsonTokenType.Null))
                throw new InvalidDataException("error deserializing cloud event: it is no JSON object");
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName || reader.CurrentDepth != 1)
                    continue;
                if (reader.ValueTextEquals("expiration"u8))
                    expiration = Text(ref reader);
                else if (reader.ValueTextEquals("traceparent"u8))
                    parent = Text(ref reader);
                else if (reader.ValueTextEquals("traceid"u8))
                    id = Text(ref reader);
                else
                    reader.Skip();
            }
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"error deserializing cloud event: {exception.Message}", exception);
        }
        var expired = DateTimeOffset.TryParse(expiration, CultureInfo.InvariantCulture, out var end) && end < time.GetUtcNow();
        return new EventHead(expired, parent ?? id);
    }

    private static string? Text(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString();
        reader.Skip();
        return null;
    }
}

/// <summary>
/// Hands one subscription's messages to the app and reads its answer as daprd does (dapr-contract 3.4): retried only when a policy says so, then
/// the dead-letter topic, else the component is told that it failed.
/// </summary>
internal sealed partial class Delivery(DeliveryTarget target)
{
    private readonly Subscription _subscription = target.Subscription;

    /// <exception cref="Exception">The app does not take it, nor does a dead-letter topic.</exception>
    public async Task HandleAsync(BrokerMessage message, CancellationToken cancellationToken)
    {
        var named = target.Named(message);
        try
        {
            await DeliverAsync(named, cancellationToken);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            if (!await target.BuryAsync([named], exception.Message, cancellationToken))
                throw;
        }
    }

    private async Task DeliverAsync(BrokerMessage message, CancellationToken cancellationToken)
    {
        var envelope = _subscription.IsRaw
            ? CloudEvent.WrapRaw(_subscription.PubSub, message.Topic, message.Data, message.Metadata)
            : message.Data;
        var head = EventHead.Read(envelope, target.Time);
        if (head.IsExpired)
        {
            await target.BuryAsync([message], "it has expired", cancellationToken);
            return;
        }
        var route = _subscription.RouteOf(_subscription.HasConditions ? CelJson.Read(envelope) : null);
        if (route is null)
        {
            await target.BuryAsync([message], "no route matches", cancellationToken);
            return;
        }
        var trace = head.Trace ?? message.Metadata.GetValueOrDefault("traceparent") ?? message.Metadata.GetValueOrDefault("traceid");
        await target.Policies.Inbound.RunAsync(
            token => PostAsync(message, route, envelope, trace, token), _ => false, target.Time, cancellationToken);
    }

    private async Task PostAsync(BrokerMessage message, string route, byte[] envelope, string? trace, CancellationToken cancellationToken)
    {
        using var request = target.Request(route, envelope, CloudEvent.ContentType, message.Metadata);
        target.Trace(request, trace);
        using var response = await target.App.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            await DropAsync(message, $"the app answered 404 on {route}", cancellationToken);
            return;
        }
        if (!response.IsSuccessStatusCode)
            throw new RefusedException((int)response.StatusCode, await RefusalAsync(response, cancellationToken));
        switch (StatusOf(await response.Content.ReadAsByteArrayAsync(cancellationToken)))
        {
            case null or "" or "SUCCESS": return;
            case "DROP":
                await DropAsync(message, "the app answered DROP", cancellationToken);
                return;
            case "RETRY": throw new InvalidOperationException("RETRY status returned from app while processing pub/sub event");
            case var status: throw new InvalidOperationException($"unknown status returned from app while processing pub/sub event, status: {status}");
        }
    }

    // Dropped is handled, unless there is a dead-letter topic and it does not take the message.
    private async Task DropAsync(BrokerMessage message, string reason, CancellationToken cancellationToken)
    {
        LogDropped(target.Logger, target.App.AppId, _subscription.Topic, reason);
        if (_subscription.DeadLetterTopic is not null && !await target.BuryAsync([message], reason, cancellationToken))
            throw new InvalidOperationException($"pubsub message dropped: {reason}");
    }

    private async Task<string> RefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        return $"retriable error returned from app while processing pub/sub event, topic: {_subscription.Topic}, body: {body}. status code returned: {(int)response.StatusCode}";
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

    private sealed class RefusedException(int status, string message) : Exception(message), IStatusError
    {
        public int StatusCode => status;
    }

    [LoggerMessage(9201, LogLevel.Warning, "{AppId}: {Count} of {Topic} to {DeadLetterTopic}: {Reason}")]
    internal static partial void LogDead(ILogger logger, string appId, int count, string topic, string deadLetterTopic, string reason);

    [LoggerMessage(9202, LogLevel.Warning, "{AppId}: a message on {Topic} is dropped: {Reason}")]
    internal static partial void LogDropped(ILogger logger, string appId, string topic, string reason);

    [LoggerMessage(9203, LogLevel.Error, "{AppId}: a message of {Topic} could not be sent to {DeadLetterTopic}")]
    internal static partial void LogNotBuried(ILogger logger, string appId, string topic, string deadLetterTopic, Exception error);
}
