using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using ImDapr.Contracts;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.SignalR;
using Microsoft.AspNetCore.SignalR.Protocol;

namespace ImDapr.ConnectionService.Protocol;

/// <summary>
/// A hub protocol whose errors start with our code. SignalR puts "An unexpected error occurred invoking 'Send' on the server. HubException: "
/// before every error of a hub method, and answers a call that fits no method (unknown name, wrong number of arguments) without any code.
/// </summary>
public sealed class CodedErrorProtocol(IHubProtocol inner) : IHubProtocol
{
    private const string Marker = "HubException: ";

    public string Name => inner.Name;

    public int Version => inner.Version;

    public TransferFormat TransferFormat => inner.TransferFormat;

    public bool IsVersionSupported(int version) => inner.IsVersionSupported(version);

    public bool TryParseMessage(ref ReadOnlySequence<byte> input, IInvocationBinder binder, [NotNullWhen(true)] out HubMessage? message) =>
        inner.TryParseMessage(ref input, binder, out message);

    public void WriteMessage(HubMessage message, IBufferWriter<byte> output) => inner.WriteMessage(Coded(message), output);

    public ReadOnlyMemory<byte> GetMessageBytes(HubMessage message) => inner.GetMessageBytes(Coded(message));

    private static HubMessage Coded(HubMessage message) =>
        message is CompletionMessage { Error: { } error } completion ? CompletionMessage.WithError(completion.InvocationId!, Coded(error)) : message;

    private static string Coded(string error)
    {
        var start = error.IndexOf(Marker, StringComparison.Ordinal);
        var text = start < 0 ? error : error[(start + Marker.Length)..];
        return StartsWithCode(text) ? text : $"{ErrorCodes.InvalidArgument}: The call fits no hub method. {text}";
    }

    private static bool StartsWithCode(string text)
    {
        var end = text.IndexOf(": ", StringComparison.Ordinal);
        return end > 0 && text.AsSpan(0, end).IndexOfAnyExcept(CodeLetters) < 0;
    }

    private static readonly SearchValues<char> CodeLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz_");
}
