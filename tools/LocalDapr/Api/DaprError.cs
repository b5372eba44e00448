using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Grpc.Core.Status;

namespace ImDapr.LocalDapr.Api;

/// <summary>What daprd answers when it refuses or fails: one error with its gRPC status, HTTP status and code.</summary>
/// <param name="reason">Reason of the gRPC ErrorInfo, for example <c>DAPR_STATE_NOT_FOUND</c>; null where daprd sends none.</param>
public sealed class DaprError(StatusCode grpc, int http, string code, string message, Exception? inner = null, string? reason = null)
    : Exception(message, inner)
{
    private const string Domain = "dapr.io";
    private const string DetailsTrailer = "grpc-status-details-bin";

    public StatusCode Grpc => grpc;

    public int Http => http;

    /// <summary>For example <c>ERR_STATE_SAVE</c>.</summary>
    public string Code => code;

    public string? Reason => reason;

    public RpcException ToRpc()
    {
        if (reason is null)
            return new RpcException(new Status(grpc, Message));
        var details = new Google.Rpc.Status { Code = (int)grpc, Message = Message, Details = { Any.Pack(new ErrorInfo { Reason = reason, Domain = Domain }) } };
        return new RpcException(new Status(grpc, Message), new Metadata { { DetailsTrailer, details.ToByteArray() } });
    }

    /// <summary>The body of the HTTP answer.</summary>
    public object ToBody() => reason is null
        ? new { errorCode = code, message = Message }
        : new
        {
            errorCode = code,
            message = Message,
            details = new[] { new Dictionary<string, string> { ["@type"] = "type.googleapis.com/google.rpc.ErrorInfo", ["reason"] = reason, ["domain"] = Domain } },
        };

    public static DaprError Malformed(string what, Exception? inner = null) =>
        new(StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: {what}", inner);
}
