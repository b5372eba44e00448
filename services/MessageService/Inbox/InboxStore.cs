using System.Text;
using Dapr.Client;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Inbox;

/// <summary>An inbox as it was found.</summary>
/// <param name="IsWhole">False: what belongs to its tail is lost, so it cannot be continued.</param>
public sealed record LoadedInbox(Inbox Inbox, bool IsWhole);

/// <summary>One user's inbox in the state store, and what exceeds its capacity in the database.</summary>
/// <remarks>
/// inbox-{userId}                       header and the entries of the tail: the one key that an append writes, compared and swapped
/// inbox-{userId}:{epoch}:{n}           a sealed segment
/// inbox-{userId}:{epoch}:{n}:marks     what must be known of everything before segment n, for a tail that begins there
/// inbox_overflow (SQL)                 sealed segments from the header's first segment up to its first stored one
/// A colon occurs in no user id. Segments and marks follow from a saved tail, so whoever writes them writes the same, in any order, before the
/// header speaks of them; they are deleted after it has ceased to. A crash in between leaves a key that nobody reads, and loses nothing.
/// </remarks>
public sealed class InboxStore(DaprClient dapr, InboxOverflow overflow, string userId)
{
    private readonly SwappedKey _tail = new(dapr, TailKey(userId));

    /// <summary>The inbox, or null when there is none: a new user, or the store has lost it.</summary>
    public async Task<LoadedInbox?> LoadAsync(CancellationToken cancellationToken)
    {
        return await _tail.ReadAsync(cancellationToken) is { } bytes ? await LoadAsync(Encoding.UTF8.GetString(bytes.Span), cancellationToken) : null;
    }

    /// <summary>The inbox of which somebody else has read the tail.</summary>
    public async Task<LoadedInbox> LoadAsync(string tail, CancellationToken cancellationToken)
    {
        var header = InboxText.ReadHeader(tail);
        // A tail without its marks was written after a loss by an actor that still remembered: going on would append everything again.
        var marks = header.TailSegment == 0 ? "" : await ReadAsync(MarksKey(header.Epoch, header.TailSegment), cancellationToken);
        return new LoadedInbox(InboxText.ReadInbox(tail, marks is null ? InboxMarks.None : InboxText.ReadMarks(marks)), marks is not null);
    }

    /// <summary>Reads the tail again.</summary>
    /// <returns>Whether it is another one than was known, and the tail.</returns>
    public async Task<(bool IsNew, string? Tail)> ReadAgainAsync(CancellationToken cancellationToken)
    {
        var (isNew, value) = await _tail.ReadAgainAsync(cancellationToken);
        return (isNew, value is { } bytes ? Encoding.UTF8.GetString(bytes.Span) : null);
    }

    /// <summary>Key of the tail.</summary>
    public string Key => _tail.Key;

    /// <summary>Whether the tail can be saved without reading it before.</summary>
    public bool IsKnown => _tail.IsKnown;

    /// <inheritdoc cref="SwappedKey.Adopt"/>
    public bool Adopt(string tail, string etag) => _tail.Adopt(tail, etag);

    /// <summary>Saving the tail as a part of a transaction over many inboxes; <see cref="Saved"/> when it took place.</summary>
    public StateTransactionRequest Save(byte[] tail) => _tail.Swap(tail);

    public void Saved(byte[] tail) => _tail.Swapped(tail);

    /// <returns>False when somebody else has written this inbox.</returns>
    public Task<bool> TrySaveAsync(Inbox inbox, CancellationToken cancellationToken) =>
        _tail.TrySaveAsync(InboxText.WriteTail(inbox), cancellationToken);

    /// <summary>Writes what was taken out of the tail, and the marks that the shorter tail needs.</summary>
    public async Task SealAsync(Inbox inbox, IEnumerable<SealedSegment> segments, CancellationToken cancellationToken)
    {
        foreach (var segment in segments)
            await WriteAsync(SegmentKey(inbox.Epoch, segment.Index), InboxText.WriteSegment(segment.Entries), cancellationToken);
        await WriteAsync(MarksKey(inbox.Epoch, inbox.Header.TailSegment), InboxText.WriteMarks(inbox.Marks), cancellationToken);
    }

    /// <summary>Puts segments into overflow. Before the header says that they are there.</summary>
    public Task OverflowAsync(string epoch, IEnumerable<SealedSegment> segments, CancellationToken cancellationToken) =>
        overflow.AddAsync(userId, epoch, segments.Select(segment => (segment.Index, Encoding.UTF8.GetString(InboxText.WriteSegment(segment.Entries)))), cancellationToken);

    /// <summary>A sealed segment, or null when it is lost. One that is looked for in the state store may just have gone to overflow.</summary>
    public async Task<IReadOnlyList<InboxReference>?> SegmentAsync(InboxHeader header, long index, CancellationToken cancellationToken)
    {
        var stored = index < header.FirstStored ? null : await ReadAsync(SegmentKey(header.Epoch, index), cancellationToken);
        var text = stored ?? await overflow.ReadAsync(userId, header.Epoch, index, cancellationToken);
        return text is null ? null : InboxText.ReadSegment(text);
    }

    /// <summary>Deletes from the state store what the header does not speak of any more.</summary>
    public async Task DeleteStoredAsync(string epoch, IEnumerable<long> indices, CancellationToken cancellationToken)
    {
        foreach (var index in indices)
        {
            await dapr.DeleteStateAsync(DaprNames.StateStore, SegmentKey(epoch, index), cancellationToken: cancellationToken);
            await DeleteMarksAsync(epoch, index, cancellationToken);
        }
    }

    public Task DeleteMarksAsync(string epoch, long segment, CancellationToken cancellationToken) =>
        dapr.DeleteStateAsync(DaprNames.StateStore, MarksKey(epoch, segment), cancellationToken: cancellationToken);

    public Task DeleteOverflowBeforeAsync(InboxHeader header, CancellationToken cancellationToken) =>
        overflow.DeleteBeforeAsync(userId, header.Epoch, header.FirstSegment, cancellationToken);

    public Task DeleteOtherOverflowAsync(string epoch, CancellationToken cancellationToken) =>
        overflow.DeleteOthersAsync(userId, epoch, cancellationToken);

    private async Task<string?> ReadAsync(string key, CancellationToken cancellationToken)
    {
        var bytes = await dapr.GetByteStateAsync(DaprNames.StateStore, key, cancellationToken: cancellationToken);
        return bytes.IsEmpty ? null : Encoding.UTF8.GetString(bytes.Span);
    }

    private Task WriteAsync(string key, byte[] value, CancellationToken cancellationToken) =>
        dapr.SaveByteStateAsync(DaprNames.StateStore, key, value, cancellationToken: cancellationToken);

    private static string TailKey(string userId) => $"inbox-{userId}";

    private string SegmentKey(string epoch, long index) => $"{TailKey(userId)}:{epoch}:{index}";

    private string MarksKey(string epoch, long segment) => $"{SegmentKey(epoch, segment)}:marks";
}
