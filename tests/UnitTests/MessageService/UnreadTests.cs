using ImDapr.MessageService.Conversations;

namespace ImDapr.UnitTests.MessageService;

public sealed class UnreadTests
{
    [Theory]
    [InlineData(10, 1, 0, 0, 0, 10)]  // nothing read
    [InlineData(10, 1, 0, 7, 0, 3)]   // read up to 7
    [InlineData(10, 6, 0, 0, 0, 5)]   // joined at 6
    [InlineData(10, 1, 8, 0, 0, 2)]   // cleared up to 8
    [InlineData(10, 1, 0, 0, 9, 1)]   // own message at 9: what comes before it was seen
    [InlineData(0, 1, 0, 0, 0, 0)]    // empty
    [InlineData(3, 9, 0, 0, 0, 0)]    // never negative
    public void Unread_is_what_lies_beyond_the_highest_mark(long last, long join, long cleared, long read, long sent, long unread) =>
        Assert.Equal(unread, Unread.Count(last, join, cleared, read, sent));
}
