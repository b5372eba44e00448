using System.Net;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using ImDapr.LocalDapr.Api;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;
using DaprProto = Dapr.Client.Autogen.Grpc.v1.Dapr;
using ServiceDescriptor = Microsoft.Extensions.DependencyInjection.ServiceDescriptor;

namespace ImDapr.Benchmarks;

/// <summary>The floor of a hop: a bare server that answers Dapr's calls without doing anything.</summary>
internal static class EchoServer
{
    public static async Task RunAsync(int httpPort, int grpcPort)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, httpPort, listen => listen.Protocols = HttpProtocols.Http1);
            kestrel.Listen(IPAddress.Loopback, grpcPort, listen => listen.Protocols = HttpProtocols.Http2);
        });
        builder.Services.AddGrpc();
        builder.Services.AddSingleton<EchoService>();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton(typeof(IServiceMethodProvider<>), typeof(DescriptorMethodProvider<>)));
        await using var host = builder.Build();
        host.MapMethods("/echo", ["PUT", "POST"], BenchmarkApp.EchoAsync);
        host.MapGrpcService<EchoService>();
        await host.RunAsync();
    }
}

/// <summary>Answers at once with what was sent, or nothing.</summary>
public sealed class EchoService : DescriptorService
{
    private static readonly ByteString Value = ByteString.CopyFrom(Hops.Value);

    public override Google.Protobuf.Reflection.ServiceDescriptor Descriptor => DaprProto.Descriptor;

    public Task<GetStateResponse> GetState(GetStateRequest request, ServerCallContext context) => Task.FromResult(new GetStateResponse { Data = Value, Etag = "1" });

    public Task<Empty> SaveState(SaveStateRequest request, ServerCallContext context) => Task.FromResult(new Empty());

    public Task<Empty> ExecuteStateTransaction(ExecuteStateTransactionRequest request, ServerCallContext context) => Task.FromResult(new Empty());

    public Task<Empty> PublishEvent(PublishEventRequest request, ServerCallContext context) => Task.FromResult(new Empty());

    public Task<BulkPublishResponse> BulkPublishEvent(BulkPublishRequest request, ServerCallContext context) => Task.FromResult(new BulkPublishResponse());

    public Task<InvokeBindingResponse> InvokeBinding(InvokeBindingRequest request, ServerCallContext context) =>
        Task.FromResult(new InvokeBindingResponse { Data = Value });
}
