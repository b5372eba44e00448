using ImDapr.Contracts;
using ImDapr.MessageService.Timeline;

namespace ImDapr.MessageService.FanOut;

/// <summary>Messages that stand once, and users with entries that point to them: what a delivery or offline event carries. Without I/O.</summary>
internal sealed class DeliveryBatch
{
    // {"position":123456,"message":123}, and a part of its user's name.
    private const int EntryBytes = 48;

    private readonly List<Message> _messages = [];
    private readonly Dictionary<(Message[] Batch, int Index), int> _places = [];
    private readonly Dictionary<string, (SortedDictionary<long, int> Entries, string[] Nodes)> _users = [];

    /// <summary>Bytes of the event, about.</summary>
    public int Bytes { get; private set; }

    public bool IsEmpty => _users.Count == 0;

    public Message[] Messages => [.. _messages];

    public UserDelivery[] Users =>
        [.. _users.Select(user => new UserDelivery(user.Key, [.. user.Value.Entries.Select(entry => new DeliveredEntry(entry.Key, entry.Value))], user.Value.Nodes))];

    /// <summary>Adds what one user gets; what it gets of several events becomes one delivery, by position.</summary>
    public void Add(Mailing mailing, IEnumerable<(long Position, int Message)> entries)
    {
        foreach (var (position, message) in entries)
        {
            if (!_users.TryGetValue(mailing.UserId, out var user))
                _users.Add(mailing.UserId, user = ([], mailing.Answer!.Readers.NodeIds));
            user.Entries[position] = PlaceOf(mailing.Batch, message);
            Bytes += EntryBytes;
        }
    }

    private int PlaceOf(Message[] batch, int index)
    {
        if (_places.TryGetValue((batch, index), out var place))
            return place;
        _places.Add((batch, index), _messages.Count);
        _messages.Add(batch[index]);
        Bytes += batch[index].Bytes();
        return _messages.Count - 1;
    }
}
