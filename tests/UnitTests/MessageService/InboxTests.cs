using System.Text;
using System.Text.Json;
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
        Assert.Equal(250, inbox.Head);
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

        Assert.Equal(0, inbox.Append(new MessageReference("d:a:b", 2, 1, IsVoid: true)));
        Assert.Equal(2, Append(inbox, "d:a:b", 3));
    }

    [Fact]
    public void A_member_who_joined_later_starts_at_the_join()
    {
        var inbox = New();
        var reference = new MessageReference("g:x", 40, JoinSeq: 40);

        Assert.Null(inbox.GapBefore(reference));
        Assert.Equal(1, inbox.Append(reference));
        Assert.Equal(0, inbox.Append(new MessageReference("g:x", 39, JoinSeq: 40)));
    }

    [Fact]
    public void Full_segments_are_sealed_and_positions_go_on()
    {
        var inbox = Filled(250);

        var segments = inbox.Seal();

        Assert.Equal([(0, Inbox.SegmentSize), (1, Inbox.SegmentSize)], segments.Select(segment => (segment.Index, segment.Entries.Count)));
        Assert.Equal((50, 250, 2), (inbox.Tail.Count, inbox.Head, inbox.Header.TailSegment));
        Assert.Equal(251, Append(inbox, "d:a:b", 251));
        Assert.Empty(inbox.Seal());
    }

    [Theory]
    [InlineData(0, 0)]      // a device holds nothing: nothing goes
    [InlineData(550, 5)]    // acknowledged segments go
    [InlineData(1000, 8)]   // but the newest 200 stay for a new device
    public void Trimming_keeps_what_a_device_lacks_and_the_newest(long smallestCursor, long firstSegment)
    {
        var inbox = Filled(1000);
        inbox.Seal();

        var dropped = inbox.Trim(smallestCursor, kept: 200);

        Assert.Equal(firstSegment, inbox.Header.FirstSegment);
        Assert.Equal(firstSegment, inbox.Header.FirstStored);
        Assert.Equal(Enumerable.Range(0, (int)firstSegment).Select(i => (long)i), dropped);
        Assert.Empty(inbox.Trim(smallestCursor, kept: 200));
    }

    [Fact]
    public void What_exceeds_the_capacity_goes_to_overflow_and_what_exceeds_everything_goes()
    {
        var inbox = Filled(1050);
        inbox.Seal();

        Assert.Equal([0, 1, 2, 3, 4, 5, 6], inbox.Overflow(capacity: 300));
        Assert.Empty(inbox.Overflow(capacity: 300));
        Assert.Equal([0, 1, 2, 3, 4], inbox.Shorten(maxEntries: 500));

        Assert.Equal((5, 7, 10), (inbox.Header.FirstSegment, inbox.Header.FirstStored, inbox.Header.TailSegment));
        Assert.Equal((501, 1050), (inbox.First, inbox.Head));
    }

    [Fact]
    public void A_recalled_copy_is_remembered_until_the_recall_itself_is_gone()
    {
        var inbox = Filled(10);
        inbox.Append(Reference("d:a:b", 11) with { Recalls = 4 });
        for (var seq = 12; seq <= 400; seq++)
            Append(inbox, "d:a:b", seq);
        inbox.Seal();

        Assert.True(inbox.IsRecalled("d:a:b", 4));
        Assert.False(inbox.IsRecalled("d:a:b", 5));
        inbox.Trim(300, kept: 100);
        Assert.False(inbox.IsRecalled("d:a:b", 4));
    }

    [Fact]
    public void Text_keeps_copies_recalls_and_what_is_ones_own()
    {
        var body = JsonElement.Parse("""{"text":"two\nlines, a \u2028 and  spaces"}""");
        var copy = new Message("d:a:b", 1, "a", "d1", "c1", MessageTypes.Text, body, null, null, 5);
        InboxReference[] entries = [new("d:a:b", 1, Copy: copy), new("d:a:b", 2, IsOwn: true, Copy: copy with { Seq = 2 }), new("d:a:b", 3, true, 1), new("d:a:b", 4, false, 2), new("d:a:b", 5)];

        var read = InboxText.ReadSegment(Encoding.UTF8.GetString(InboxText.WriteSegment(entries)));

        Assert.Equal(entries.Select(entry => (entry.Seq, entry.IsOwn, entry.Recalls)), read.Select(entry => (entry.Seq, entry.IsOwn, entry.Recalls)));
        Assert.Equal(body.GetProperty("text").GetString(), read[0].Copy!.Body.GetProperty("text").GetString());
        Assert.Equal((2, "a"), (read[1].Copy!.Seq, read[1].Copy!.SenderId));
        Assert.All(read.Skip(2), entry => Assert.Null(entry.Copy));
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
            var marks = InboxMarks.None;
            foreach (var (conversation, seq) in deliveries)
            {
                AppendFillingGaps(inbox, conversation, seq, []);
                if (inbox.Seal().Count > 0)
                    marks = InboxText.ReadMarks(Encoding.UTF8.GetString(InboxText.WriteMarks(inbox.Marks)));
            }

            var read = InboxText.ReadInbox(Encoding.UTF8.GetString(InboxText.WriteTail(inbox)), marks);

            return read.Header == inbox.Header && read.Head == inbox.Head
                && read.Tail.SequenceEqual(inbox.Tail)
                && read.HeldSeqs.OrderBy(pair => pair.Key).SequenceEqual(inbox.HeldSeqs.OrderBy(pair => pair.Key));
        });

    private static Gen<List<(string Conversation, int Seq)>> Deliveries() =>
        Gen.Elements("d:a:b", "d:a:c", "g:x").SelectMany(conversation => Gen.Choose(1, 300).Select(seq => (conversation, seq))).ListOf()
            .Select(list => list.ToList());

    private static void AppendFillingGaps(Inbox inbox, string conversation, long seq, List<(long, string, long)> entries)
    {
        var gap = inbox.GapBefore(Reference(conversation, seq));
        for (var missing = gap?.From ?? seq; missing <= seq; missing++)
        {
            var before = inbox.Head;
            var position = inbox.Append(Reference(conversation, missing));
            if (inbox.Head > before)
                entries.Add((position, conversation, missing));
        }
    }

    private static Inbox New() => Inbox.New(InboxReaders.None, "life");

    private static Inbox Filled(int count)
    {
        var inbox = New();
        for (var seq = 1; seq <= count; seq++)
            Append(inbox, "d:a:b", seq);
        return inbox;
    }

    private static MessageReference Reference(string conversationId, long seq) => new(conversationId, seq, JoinSeq: 1);

    private static long Append(Inbox inbox, string conversationId, long seq) => inbox.Append(Reference(conversationId, seq));
}
