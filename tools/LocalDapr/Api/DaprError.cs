using Grpc.Core;

namespace ImDapr.LocalDapr.Api;

/// <summary>What daprd answers when it refuses or fails: one error with its gRPC status, HTTP status and code.</summary>
public sealed class DaprError(StatusCode grpc, int http, string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public StatusCode Grpc => grpc;

    public int Http => http;

    /// <summary>For example <c>ERR_STATE_SAVE</c>.</summary>
    public string Code => code;

    public RpcException ToRpc() => new(new Status(grpc, Message));
}
