using ImDapr.Contracts;

namespace ImDapr.UnitTests.Contracts;

public sealed class RetryHintTests
{
    [Fact]
    public void A_refusal_says_when_to_try_again_and_is_read_back()
    {
        var refusal = RetryHint.Limited("Too many calls.", TimeSpan.FromMilliseconds(249.2));

        Assert.Equal("rate_limited: Too many calls. Try again in 250 ms.", refusal.ToString());
        Assert.Equal(TimeSpan.FromMilliseconds(250), RetryHint.Of(refusal));
    }

    [Theory]
    [InlineData("Too many calls.")]
    [InlineData("Try again in 5 ms. Or not.")]
    [InlineData("Try again in -5 ms.")]
    [InlineData("Try again in 99999999999 ms.")]
    public void Another_sentence_has_no_hint(string sentence) => Assert.Null(RetryHint.Of(new Refusal(ErrorCodes.RateLimited, sentence)));
}
