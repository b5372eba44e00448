namespace ImDapr.Contracts;

/// <summary>One send with who sends it, as the hub hands it on. The sender comes from the token.</summary>
/// <param name="TraceParent">W3C <c>traceparent</c> of the hub call; absent unless it is sampled.</param>
public sealed record SendCommand(string SenderId, string SenderDeviceId, SendMessage Message, string? TraceParent = null);

/// <summary>Sends of one node that arrived together: <c>POST /internal/sends</c> of message-service.</summary>
public sealed record SendBatch(SendCommand[] Sends);

/// <summary>Answers in the order of the sends.</summary>
public sealed record SendBatchAnswer(Answer<SendAck>[] Answers);

/// <summary>A device has everything up to this position.</summary>
public sealed record DeviceAck(string UserId, string DeviceId, long Position);

/// <summary>Acknowledgements of one node that arrived together: <c>POST /internal/acks</c> of message-service.</summary>
public sealed record AckBatch(DeviceAck[] Acks);

/// <summary>Answers in the order of the acknowledgements.</summary>
public sealed record AckBatchAnswer(Answer<Done>[] Answers);

/// <summary>A hub call on behalf of a user, to <c>/internal/…</c> of message-service.</summary>
/// <param name="DeviceId">The calling device; empty where it does not matter.</param>
public sealed record UserCall<T>(string UserId, T Request, string DeviceId = "");

/// <summary>Nothing to tell but that it is done.</summary>
public sealed record Done
{
    public static readonly Done Value = new();
}
