using System.ComponentModel.DataAnnotations;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.MessageService.Sending;

/// <summary>Section <c>Limits</c>: what one message may hold. <see cref="Limits"/> has what no configuration exceeds.</summary>
[Settings("Limits")]
public sealed class MessageLimits
{
    // A long text is 4 KiB; 16 leave room for cards. A page of the largest still passes a sidecar.
    /// <summary>Bytes of a message's body, as JSON in UTF-8.</summary>
    [Range(256, Limits.BodyBytes)]
    public int BodyBytes { get; init; } = Limits.BodyBytes;

    // Everybody is meant beyond that: @all.
    /// <summary>Users that one message mentions.</summary>
    [Range(1, Limits.Mentions)]
    public int Mentions { get; init; } = Limits.Mentions;

    // Users times reactions of one message. They are stored and read with it: 250 of the longest ids still fit into its column.
    /// <summary>Reactions of one message, counted for each user.</summary>
    [Range(1, 250)]
    public int Reactions { get; init; } = 200;

    // UTF-16 units. The longest emoji sequences have about 20; a name such as :party_parrot: fits as well.
    /// <summary>Letters of a reaction, in UTF-16 units.</summary>
    [Range(1, 64)]
    public int ReactionLength { get; init; } = 32;

    // Two minutes are the market's norm: time for a slip, none for rewriting what was agreed on.
    /// <summary>Seconds within which a sender may recall a message.</summary>
    [Range(0, 31_536_000)]
    public int RecallSeconds { get; init; } = 120;

    // A day: whoever reads later reads the final text.
    /// <summary>Seconds within which a sender may edit a message.</summary>
    [Range(0, 31_536_000)]
    public int EditSeconds { get; init; } = 86_400;

    // Of Sync, History and Conversations; see Limits.PageSize.
    /// <summary>Most entries of one page of Sync, History and Conversations.</summary>
    [Range(1, Limits.PageSize)]
    public int PageSize { get; init; } = Limits.PageSize;

    // Users of one notification: as many messages are written before its event is done, well within a handler's time.
    /// <summary>Users that one notification is addressed to.</summary>
    [Range(1, 10_000)]
    public int NotificationRecipients { get; init; } = 1_000;
}
