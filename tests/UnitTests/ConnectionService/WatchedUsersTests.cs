using ImDapr.ConnectionService.Presence;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class WatchedUsersTests
{
    [Fact]
    public void Each_user_is_watched_once() => Assert.Equal(["bob", "ann"], WatchedUsers.From(new(["bob", "ann", "bob"])));

    [Fact]
    public void Nobody_may_be_watched() => Assert.Empty(WatchedUsers.From(new([])));

    [Fact]
    public void Bad_requests_are_invalid()
    {
        AssertInvalid(null);
        AssertInvalid([null!]);
        AssertInvalid(["bob", "d:ann:bob"]);
        AssertInvalid([""]);
        AssertInvalid([.. Enumerable.Range(0, Limits.WatchedUsers + 1).Select(i => $"u{i}")]);
    }

    [Fact]
    public void The_limit_itself_is_allowed() =>
        Assert.Equal(Limits.WatchedUsers, WatchedUsers.From(new([.. Enumerable.Range(0, Limits.WatchedUsers).Select(i => $"u{i}")])).Length);

    private static void AssertInvalid(string[]? userIds) =>
        Assert.StartsWith("invalid_argument: ", Assert.Throws<HubException>(() => WatchedUsers.From(new(userIds))).Message);
}
