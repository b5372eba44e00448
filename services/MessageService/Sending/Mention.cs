using ImDapr.Contracts;

namespace ImDapr.MessageService.Sending;

/// <summary>Whom a message mentions.</summary>
public static class Mention
{
    /// <summary>Every member of a group.</summary>
    public const string All = "@all";

    public static bool Concerns(this Message message, string userId) =>
        message.Mentions is { } mentions && (mentions.Contains(All) || mentions.Contains(userId));
}
