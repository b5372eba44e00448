using System.Text.Json.Serialization;

namespace ImDapr.MessageService.Entities.State;

/// <summary>
/// What is kept of <see cref="Size"/> seqs beside their entities: their marks once the page is full, and who has still to acknowledge each. The
/// count is a set: a user is counted once and taken off once, however often either is told and in whatever order.
/// </summary>
/// <param name="Users">Whom the sets mean by bit 0, 1, 2 …</param>
/// <param name="Slots">By the seq's offset in the page; a seq that nobody has told of is missing.</param>
public sealed record Page(Marks? Marks, IReadOnlyList<string> Users, IReadOnlyDictionary<int, Slot> Slots)
{
    public const int Size = 64;

    public static readonly Page Empty = new(null, [], new Dictionary<int, Slot>());

    public static long Of(long seq) => (seq - 1) / Size;

    public static long FirstSeqOf(long page) => (page * Size) + 1;

    public static long LastSeqOf(long page) => (page + 1) * Size;

    /// <summary>Everybody has acknowledged it: there is no entity any more.</summary>
    public bool IsGone(long seq) => Slots.TryGetValue(OffsetOf(seq), out var slot) && slot.IsGone;

    /// <summary>These users get a reference; one that was counted before, or has acknowledged before, is not counted again.</summary>
    public Page Retain(long seq, IReadOnlyCollection<string> userIds)
    {
        var (page, bits) = WithUsers(userIds);
        return page.With(seq, page.SlotOf(seq).Retain(bits));
    }

    public Page Release(long seq, string userId)
    {
        if (IsGone(seq))
            return this;
        var (page, bits) = WithUsers([userId]);
        return page.With(seq, page.SlotOf(seq).Release(bits[0]));
    }

    private static int OffsetOf(long seq) => (int)((seq - 1) % Size);

    private Slot SlotOf(long seq) => Slots.GetValueOrDefault(OffsetOf(seq)) ?? Slot.Unknown;

    // The same page when nothing has changed: then nothing is to be written.
    private Page With(long seq, Slot slot) =>
        slot == SlotOf(seq) ? this : this with { Slots = new Dictionary<int, Slot>(Slots) { [OffsetOf(seq)] = slot } };

    private (Page Page, int[] Bits) WithUsers(IReadOnlyCollection<string> userIds)
    {
        var known = Users.Index().ToDictionary(user => user.Item, user => user.Index);
        var users = userIds.Where(userId => known.TryAdd(userId, known.Count)).ToList();
        return (users.Count == 0 ? this : this with { Users = [.. Users, .. users] }, [.. userIds.Select(userId => known[userId])]);
    }
}

/// <summary>Who was counted for a seq, and who is still to acknowledge it. Short names: a page holds 64 of them.</summary>
/// <param name="Ever">Bits of the users that were counted, or have acknowledged before anybody was.</param>
/// <param name="Pending">Bits of those that have not acknowledged yet.</param>
/// <param name="IsRetained">The recipients are known; before that, none pending means nothing.</param>
/// <param name="IsGone">All have acknowledged. For good: who is counted later gets no entity back.</param>
public sealed record Slot(
    [property: JsonPropertyName("e")] string Ever,
    [property: JsonPropertyName("p")] string Pending,
    [property: JsonPropertyName("r"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool IsRetained = false,
    [property: JsonPropertyName("g"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool IsGone = false)
{
    public static readonly Slot Unknown = new("", "");
    private static readonly Slot Gone = new("", "", true, true);

    public Slot Retain(IReadOnlyCollection<int> users)
    {
        if (IsGone || users.Count == 0)
            return this;
        var ever = new UserBits(Ever);
        var pending = new UserBits(Pending);
        foreach (var user in users.Where(ever.Add))
            pending.Add(user);
        return Of(ever, pending, isRetained: true);
    }

    public Slot Release(int user)
    {
        if (IsGone)
            return this;
        var ever = new UserBits(Ever);
        var pending = new UserBits(Pending);
        ever.Add(user);
        pending.Remove(user);
        return Of(ever, pending, IsRetained);
    }

    private static Slot Of(UserBits ever, UserBits pending, bool isRetained) =>
        isRetained && pending.IsEmpty ? Gone : new Slot(ever.ToString(), pending.ToString(), isRetained);
}

/// <summary>A set of small numbers as hexadecimal text.</summary>
public sealed class UserBits(string text)
{
    private byte[] _bytes = Convert.FromHexString(text);

    public bool IsEmpty => !_bytes.AsSpan().ContainsAnyExcept((byte)0);

    /// <returns>False when it was in the set already.</returns>
    public bool Add(int number)
    {
        if (number / 8 >= _bytes.Length)
            Array.Resize(ref _bytes, (number / 8) + 1);
        var isNew = (_bytes[number / 8] & (1 << (number % 8))) == 0;
        _bytes[number / 8] |= (byte)(1 << (number % 8));
        return isNew;
    }

    public void Remove(int number)
    {
        if (number / 8 < _bytes.Length)
            _bytes[number / 8] &= (byte)~(1 << (number % 8));
    }

    public override string ToString() => IsEmpty ? "" : Convert.ToHexStringLower(_bytes);
}
