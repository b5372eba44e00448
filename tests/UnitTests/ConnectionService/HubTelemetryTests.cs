using ImDapr.ConnectionService.Hubs;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class HubTelemetryTests
{
    [Theory]
    [InlineData("not_a_member: You are not a member of this conversation.", ErrorCodes.NotAMember)]
    [InlineData("rate_limited: Later.", ErrorCodes.RateLimited)]
    [InlineData("unavailable: A part is away: try again.", ErrorCodes.Unavailable)]
    [InlineData("ann-4711: is no code", HubTelemetry.Failed)]
    [InlineData("Failed to invoke 'Send' due to an error on the server.", HubTelemetry.Failed)]
    [InlineData(": nothing", HubTelemetry.Failed)]
    public void An_outcome_is_one_of_the_known_codes(string message, string expected) =>
        Assert.Equal(expected, HubTelemetry.OutcomeOf(new HubException(message)));
}
