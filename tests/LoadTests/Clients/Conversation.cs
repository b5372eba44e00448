using System.Text;

namespace ImDapr.LoadTests.Clients;

/// <summary>A conversation of the run, and what its members must get: every seq that was acknowledged.</summary>
internal sealed class Conversation(string id)
{
    private readonly HashSet<long> _acknowledged = [];

    public string Id { get; } = id;

    public byte[] IdBytes { get; } = Encoding.ASCII.GetBytes(id);

    /// <summary>Members who have a device in this run.</summary>
    public List<Device> Members { get; } = [];

    public IReadOnlyCollection<long> Acknowledged => _acknowledged;

    /// <returns>False when this seq was acknowledged before: two messages with one seq.</returns>
    public bool Acknowledge(long seq) => _acknowledged.Add(seq);
}

/// <summary>Conversations by the bytes of their ids.</summary>
internal sealed class Conversations
{
    private const int LongestId = 140;
    private readonly Dictionary<string, Conversation> _all = [];
    private readonly Dictionary<string, Conversation>.AlternateLookup<ReadOnlySpan<char>> _bySpan;

    public Conversations() => _bySpan = _all.GetAlternateLookup<ReadOnlySpan<char>>();

    public IReadOnlyCollection<Conversation> All => _all.Values;

    public bool Contains(string id) => _all.ContainsKey(id);

    public Conversation Add(string id, IEnumerable<Device> members)
    {
        var conversation = new Conversation(id);
        conversation.Members.AddRange(members);
        _all.Add(id, conversation);
        return conversation;
    }

    /// <returns>Null for one that the run does not know, such as a system conversation.</returns>
    public Conversation? Find(ReadOnlySpan<byte> id)
    {
        Span<char> characters = stackalloc char[LongestId];
        return id.Length <= LongestId && _bySpan.TryGetValue(characters[..Encoding.ASCII.GetChars(id, characters)], out var conversation) ? conversation : null;
    }
}

/// <summary>Where a user sends to.</summary>
/// <param name="Tail">The invocation from behind the client message id to its end: the address and the text.</param>
internal sealed record Target(Conversation Conversation, byte[] Tail)
{
    public static Target User(Conversation conversation, string userId, string text) => new(conversation, TailOf($"\"toUserId\":\"{userId}\"", text));

    public static Target Group(Conversation conversation, string text) => new(conversation, TailOf($"\"conversationId\":\"{conversation.Id}\"", text));

    private static byte[] TailOf(string address, string text) =>
        Encoding.ASCII.GetBytes($"\",{address},\"type\":\"text\",\"body\":{{\"text\":\"{text}\"}}}}]}}\u001e");
}
