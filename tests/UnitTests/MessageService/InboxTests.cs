using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using ImDapr.Contracts;
using ImDapr.MessageService.Inbox;

namespace ImDapr.UnitTests.MessageService;

public sealed class InboxTests
{
    [Fact]
    public void Positions_are_contiguous_from_one()
    {
        var inbox = New();

        var positions = Enumerable.Range(1, 250).Select(seq => Append(inbox, "d:a:b", seq)).ToList();

        Assert.Equal(Enumerable.Range(1, 250).Select(i => (long)i), positions);
        Assert.Equal((250, 2), (inbox.Head, inbox.TailSegment));
    }

    [Fact]
    public void A_repeated_reference_changes_nothing_and_answers_with_its_position()
    {
        var inbox = New();
        Append(inbox, "d:a:b", 1);
        Append(inbox, "d:a:b", 2);

        Assert.Equal(1, Append(inbox, "d:a:b", 1));
        Assert.Equal(2, inbox.Head);
    }

    [Fact]
    public void A_gap_is_named_and_never_jumped_over()
    {
        var inbox = New();
        Append(inbox, "d:a:b", 1);

        Assert.Equal((2, 4), inbox.GapBefore(Reference("d:a:b", 5)));
        Assert.Throws<InvalidOperationException>(() => Append(inbox, "d:a:b", 5));
    }

    [Fact]
    public void A_void_closes_a_gap_without_a_position()
    {
        var inbox = New();
        Append(inbox, "d:a:b", 1);

        Assert.Equal(0, inbox.Append(new MessageReference("d:a:b", 2, 1, IsVoid: true), []));
        Assert.Equal(2, Append(inbox, "d:a:b", 3));
    }

    [Fact]
    public void A_member_who_joined_later_starts_at_the_join()
    {
        var inbox = New();
        var reference = new MessageReference("g:x", 40, JoinSeq: 40);

        Assert.Null(inbox.GapBefore(reference));
        Assert.Equal(1, inbox.Append(reference, []));
        Assert.Equal(0, inbox.Append(new MessageReference("g:x", 39, JoinSeq: 40), []));
    }

    [Fact]
    public void A_full_tail_is_sealed_with_its_entries()
    {
        var inbox = New();
        var sealedNow = new List<SealedSegment>();

        for (var seq = 1; seq <= Inbox.SegmentSize; seq++)
            inbox.Append(Reference("d:a:b", seq), sealedNow);

        var segment = Assert.Single(sealedNow);
        Assert.Equal((0, Inbox.SegmentSize), (segment.Index, segment.Entries.Count));
        Assert.Empty(inbox.Tail);
    }

    [Theory]
    [InlineData(0, 0)]      // a device holds nothing: nothing goes
    [InlineData(550, 5)]    // acknowledged segments go
    [InlineData(1000, 8)]   // but the newest 200 stay for a new device
    public void Trimming_keeps_what_a_device_lacks_and_the_newest(long smallestCursor, long firstSegment)
    {
        var inbox = New();
        for (var seq = 1; seq <= 1000; seq++)
            Append(inbox, "d:a:b", seq);

        var dropped = inbox.Trim(smallestCursor);

        Assert.Equal(firstSegment, inbox.FirstSegment);
        Assert.Equal(Enumerable.Range(0, (int)firstSegment).Select(i => (long)i), dropped);
        Assert.Empty(inbox.Trim(smallestCursor));
    }

    [Property(MaxTest = 200)]
    public Property Whatever_the_broker_repeats_reorders_or_loses_an_inbox_ends_complete_and_in_order() =>
        Prop.ForAll(Arb.From(Deliveries()), deliveries =>
        {
            var inbox = New();
            var entries = new List<(long Position, string Conversation, long Seq)>();
            foreach (var (conversation, seq) in deliveries)
                AppendFillingGaps(inbox, conversation, seq, entries);

            var positions = entries.Select(entry => entry.Position).SequenceEqual(Enumerable.Range(1, entries.Count).Select(i => (long)i));
            var orders = entries.GroupBy(entry => entry.Conversation)
                .All(group => group.Select(entry => entry.Seq).SequenceEqual(Enumerable.Range(1, group.Count()).Select(i => (long)i)));
            return positions && orders;
        });

    [Property(MaxTest = 100)]
    public Property Text_keeps_everything_an_inbox_knows() =>
        Prop.ForAll(Arb.From(Deliveries()), deliveries =>
        {
            var inbox = New();
            var held = "";
            foreach (var (conversation, seq) in deliveries)
            {
                var sealedNow = new List<SealedSegment>();
                AppendFillingGaps(inbox, conversation, seq, [], sealedNow);
                if (sealedNow.Count > 0)
                    held = InboxText.WriteHeld(inbox.HeldSeqs);
            }

            var read = InboxText.Read(InboxText.WriteTail(inbox), held);

            return read.Epoch == inbox.Epoch && read.Head == inbox.Head && read.First == inbox.First
                && read.Tail.SequenceEqual(inbox.Tail)
                && read.HeldSeqs.OrderBy(pair => pair.Key).SequenceEqual(inbox.HeldSeqs.OrderBy(pair => pair.Key));
        });

    private static Gen<List<(string Conversation, int Seq)>> Deliveries() =>
        Gen.Elements("d:a:b", "d:a:c", "g:x").SelectMany(conversation => Gen.Choose(1, 300).Select(seq => (conversation, seq))).ListOf()
            .Select(list => list.ToList());

    private static void AppendFillingGaps(
        Inbox inbox, string conversation, long seq, List<(long, string, long)> entries, List<SealedSegment>? sealedNow = null)
    {
        var gap = inbox.GapBefore(Reference(conversation, seq));
        for (var missing = gap?.From ?? seq; missing <= seq; missing++)
        {
            var before = inbox.Head;
            var position = inbox.Append(Reference(conversation, missing), sealedNow ?? []);
            if (inbox.Head > before)
                entries.Add((position, conversation, missing));
        }
    }

    private static Inbox New() => new("epoch", 0, 0, [], new Dictionary<string, long>());

    private static MessageReference Reference(string conversationId, long seq) => new(conversationId, seq, JoinSeq: 1);

    private static long Append(Inbox inbox, string conversationId, long seq) => inbox.Append(Reference(conversationId, seq), []);
}
