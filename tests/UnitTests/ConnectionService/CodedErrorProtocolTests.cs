using System.Buffers;
using System.Text;
using ImDapr.ConnectionService.Protocol;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace ImDapr.UnitTests.ConnectionService;

public sealed class CodedErrorProtocolTests
{
    [Theory]
    [InlineData("An unexpected error occurred invoking 'Send' on the server. HubException: too_large: At most 16384 bytes.", "too_large: At most 16384 bytes.")]
    [InlineData("Failed to invoke 'Sned' due to an error on the server. HubException: Method does not exist.", "invalid_argument: ")]
    [InlineData("Failed to invoke 'Send' due to an error on the server.", "invalid_argument: ")]
    public void An_error_starts_with_its_code(string ofSignalR, string expected)
    {
        var protocol = new CodedErrorProtocol(new JsonHubProtocol());
        var output = new ArrayBufferWriter<byte>();

        protocol.WriteMessage(CompletionMessage.WithError("1", ofSignalR), output);

        Assert.Contains($"\"error\":\"{expected}", Encoding.UTF8.GetString(output.WrittenSpan));
        Assert.Equal(output.WrittenMemory.ToArray(), protocol.GetMessageBytes(CompletionMessage.WithError("1", ofSignalR)).ToArray());
    }

    [Fact]
    public void A_result_is_left_alone()
    {
        var protocol = new CodedErrorProtocol(new JsonHubProtocol());

        var bytes = protocol.GetMessageBytes(CompletionMessage.WithResult("1", "fine")).ToArray();

        Assert.Equal(new JsonHubProtocol().GetMessageBytes(CompletionMessage.WithResult("1", "fine")).ToArray(), bytes);
    }
}
