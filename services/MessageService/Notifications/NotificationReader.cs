using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Notifications;

/// <summary>Reads what another application has published. It is read by hand, because what is no notification must not be tried again.</summary>
public static class NotificationReader
{
    // The body stands one level deep.
    private static readonly JsonSerializerOptions Json = new(ContractsJson.Wire) { MaxDepth = Limits.BodyDepth + 1 };

    /// <summary>The notification, or null when it is none: not JSON, of other types, too deep, or with texts that are no Unicode.</summary>
    public static Notification? TryRead(ReadOnlySpan<byte> json, out string? reason)
    {
        reason = null;
        try
        {
            var notification = JsonSerializer.Deserialize<Notification>(json, Json);
            if (notification?.Body is { } body)
                return notification with { Body = JsonElement.Parse(JsonSerializer.SerializeToUtf8Bytes(body, Json)) };
            return notification;
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            reason = unreadable.Message;
            return null;
        }
    }
}
