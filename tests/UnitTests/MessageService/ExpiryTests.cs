using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Timeline;

namespace ImDapr.UnitTests.MessageService;

public sealed class ExpiryTests
{
    private static readonly Message Offer = new("s:ann:shop", 7, "app:shop", "", "c", "notification", JsonElement.Parse("""{"code":"X1"}"""), null, null, 5, ExpiresAt: 100);

    [Fact]
    public void An_expired_message_keeps_its_place_and_nothing_else()
    {
        var shown = Offer.ShownAt(100);

        Assert.Equal((7L, MessageTypes.Expired, "{}"), (shown.Seq, shown.Type, shown.Body.GetRawText()));
    }

    [Fact]
    public void Until_then_it_is_shown()
    {
        Assert.Same(Offer, Offer.ShownAt(99));
        var lasting = Offer with { ExpiresAt = null };
        Assert.Same(lasting, lasting.ShownAt(long.MaxValue));
    }
}
