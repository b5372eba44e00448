using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Inbox;
using ImDapr.MessageService.Sending;

namespace ImDapr.MessageService.FanOut;

/// <summary>What one recipient gets of a batch.</summary>
/// <param name="batch">The messages of the batch.</param>
public sealed class Mailing(string userId, Message[] batch)
{
    private readonly List<int> _messages = [];
    private readonly List<MessageReference> _references = [];
    private readonly HashSet<int> _quiet = [];

    public string UserId => userId;

    /// <summary>The messages of the batch, of which this recipient gets some.</summary>
    public Message[] Batch => batch;

    /// <summary>Indices of the messages in their batch, in the order of the references.</summary>
    public IReadOnlyList<int> Messages => _messages;

    public IReadOnlyList<MessageReference> References => _references;

    /// <summary>Where the references stand, once the inbox has taken them.</summary>
    public AppendAnswer? Answer { get; set; }

    /// <summary>It has a device that is connected.</summary>
    public bool IsOnline => Answer is { Readers.Nodes.Length: > 0 };

    /// <summary>Somebody may wait for its inbox to grow, and it has grown.</summary>
    /// <param name="now">Unix milliseconds, UTC.</param>
    public bool IsPolled(long now) => Answer is { } answer && now < answer.Readers.PolledUntil && Array.Exists(answer.Positions, position => position > 0);

    /// <summary>Nobody is woken for what it said itself, nor for a conversation that it muted unless it is mentioned there.</summary>
    public static bool IsQuiet(Message message, Membership member) =>
        message.SenderId == member.UserId || (member.IsMuted && !message.Concerns(member.UserId));

    /// <param name="message">Index of the message in its event.</param>
    /// <param name="reference">The reference to it.</param>
    /// <param name="isQuiet">A user without a live device need not be woken for it.</param>
    public void Add(int message, MessageReference reference, bool isQuiet = false)
    {
        if (isQuiet)
            _quiet.Add(message);
        _messages.Add(message);
        _references.Add(reference);
    }

    /// <summary>The entries that have a position.</summary>
    public IEnumerable<(long Position, int Message)> Entries() =>
        Answer!.Positions.Select((position, i) => (position, _messages[i])).Where(entry => entry.position > 0);

    /// <summary>The entries that are worth waking the user for.</summary>
    public IEnumerable<(long Position, int Message)> LoudEntries() => Entries().Where(entry => !_quiet.Contains(entry.Message));
}
