using ImDapr.Contracts;

namespace ImDapr.UnitTests.Contracts;

public sealed class ConversationIdTests
{
    [Fact]
    public void Both_users_derive_the_same_direct_conversation()
    {
        Assert.Equal("d:ann:bob", ConversationId.Direct("bob", "ann"));
        Assert.Equal(ConversationId.Direct("ann", "bob"), ConversationId.Direct("bob", "ann"));
    }

    [Theory]
    [InlineData("d:ann:bob", ConversationKinds.Direct)]
    [InlineData("g:42", ConversationKinds.Group)]
    [InlineData("s:ann", ConversationKinds.System)]
    public void A_derived_id_is_read_again(string id, string kind) => Assert.Equal(kind, ConversationId.TryParse(id)!.Kind);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("d:bob:ann")] // not in order: it would be a second conversation of the same two
    [InlineData("d:ann:ann")]
    [InlineData("d:ann")]
    [InlineData("g:a:b")]
    [InlineData("x:1")]
    [InlineData("g:'; DROP TABLE messages; --")]
    public void Anything_else_is_no_conversation_id(string? id) => Assert.Null(ConversationId.TryParse(id));
}
