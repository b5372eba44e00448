using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Entities.State;

/// <summary>The keys of the storage model <c>redis</c>.</summary>
/// <remarks>
/// Ids are case-sensitive, but a state store on MySQL compares keys without regard to case: an id with capitals is told apart by a hash. Client
/// message ids may be anything visible (<c>||</c> too, which Dapr refuses in a key) and are hashed.
/// </remarks>
public static class StateKeys
{
    private const int HashBytes = 8;

    public static string Head(string conversationId) => $"head-{Folded(conversationId)}";

    public static string Entity(string conversationId, long seq) => string.Create(CultureInfo.InvariantCulture, $"msg-{Folded(conversationId)}-{seq}");

    public static string Page(string conversationId, long page) => string.Create(CultureInfo.InvariantCulture, $"page-{Folded(conversationId)}-{page}");

    // A space is in neither part: what is hashed tells them apart.
    public static string Sent(Message message) =>
        $"sent-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{message.SenderId} {message.ClientMessageId}")))}";

    private static string Folded(string id) => id.AsSpan().ContainsAnyInRange('A', 'Z')
        ? $"{id.ToLowerInvariant()}~{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)).AsSpan(0, HashBytes))}"
        : id;
}
