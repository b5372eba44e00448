using ImDapr.Contracts;

namespace ImDapr.MessageService.FanOut;

/// <summary>What one recipient gets of a batch.</summary>
public sealed class Mailing(string userId)
{
    private readonly List<int> _messages = [];
    private readonly List<MessageReference> _references = [];

    public string UserId => userId;

    /// <summary>Indices of the messages in their event, in the order of the references.</summary>
    public IReadOnlyList<int> Messages => _messages;

    public IReadOnlyList<MessageReference> References => _references;

    /// <summary>Where the references stand, once the inbox has taken them.</summary>
    public AppendAnswer? Answer { get; set; }

    /// <param name="message">Index of the message in its event.</param>
    /// <param name="reference">The reference to it.</param>
    public void Add(int message, MessageReference reference)
    {
        _messages.Add(message);
        _references.Add(reference);
    }

    /// <summary>The entries that have a position, by position.</summary>
    public UserDelivery Delivery() => new(
        userId,
        [.. Answer!.Positions
            .Select((position, i) => new DeliveredEntry(position, _messages[i]))
            .Where(entry => entry.Position > 0)
            .OrderBy(entry => entry.Position)]);
}
