using ImDapr.Chat.Connecting;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.UnitTests.Chat;

public sealed class HubErrorsTests
{
    [Fact]
    public void The_code_is_read_out_of_the_sentence_that_SignalR_puts_around_it() =>
        Assert.Equal(
            new Refusal("not_a_member", "ann is not in g:1: sorry"),
            HubErrors.Parse(new HubException("An unexpected error occurred invoking 'Send' on the server. HubException: not_a_member: ann is not in g:1: sorry")));

    [Fact]
    public void A_bare_code_is_read_too() =>
        Assert.Equal(new Refusal("blocked", "no"), HubErrors.Parse(new HubException("blocked: no")));

    [Fact]
    public void An_error_without_a_code_may_be_tried_again()
    {
        var refusal = HubErrors.Parse(new HubException("An unexpected error occurred invoking 'Send' on the server."));

        Assert.Equal(ErrorCodes.Unavailable, refusal.Code);
        Assert.True(refusal.IsRetryable);
    }
}
