using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.ServiceDefaults.Settings;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Sending;

/// <summary>Who may write to whom: the other exists, has not blocked the sender, and knows it if strangers are refused.</summary>
public sealed class DirectGate(UserDirectory users, IOptions<ContactOptions> contacts)
{
    /// <returns>For each pair why the user may not write to the peer, or null.</returns>
    public async Task<Dictionary<(string UserId, string PeerId), Refusal?>> CheckAsync(
        IReadOnlyCollection<(string UserId, string PeerId)> pairs, CancellationToken cancellationToken)
    {
        if (pairs.Count == 0)
            return [];
        var existing = await users.ExistingAsync([.. pairs.Select(pair => pair.PeerId).Distinct()], cancellationToken);
        var blocked = await users.BlockedAsync([.. pairs.Select(pair => new BlockPair(pair.PeerId, pair.UserId))], cancellationToken);
        var strangers = await StrangersAsync(pairs, cancellationToken);
        return pairs.ToDictionary(pair => pair, pair =>
            !existing.Contains(pair.PeerId) ? new Refusal(ErrorCodes.NotFound, $"There is no user {pair.PeerId}.")
            : blocked.Contains(new BlockPair(pair.PeerId, pair.UserId)) ? new Refusal(ErrorCodes.Blocked, $"{pair.PeerId} has blocked you.")
            : strangers.Contains(pair) ? new Refusal(ErrorCodes.Forbidden, $"{pair.PeerId} is none of your contacts.")
            : null);
    }

    private async Task<HashSet<(string UserId, string PeerId)>> StrangersAsync(
        IReadOnlyCollection<(string UserId, string PeerId)> pairs, CancellationToken cancellationToken)
    {
        if (contacts.Value.Strangers == Strangers.Allow)
            return [];
        var known = await users.ContactsAsync([.. pairs.Select(pair => new ContactPair(pair.UserId, pair.PeerId))], cancellationToken);
        return [.. pairs.Where(pair => !known.Contains(new ContactPair(pair.UserId, pair.PeerId)))];
    }
}

/// <summary>Section <c>Contacts</c>.</summary>
[Settings("Contacts")]
public sealed class ContactOptions
{
    // Inside one company everybody may write to everybody; a public service would rather have people ask first.
    /// <summary>Whether users who are no contacts may write to each other.</summary>
    public Strangers Strangers { get; init; } = Strangers.Allow;
}

/// <summary>What users who are no contacts may do.</summary>
public enum Strangers
{
    Allow,
    Refuse,
}
