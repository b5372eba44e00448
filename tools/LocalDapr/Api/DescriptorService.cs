using System.Reflection;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using ServiceDescriptor = Google.Protobuf.Reflection.ServiceDescriptor;

namespace ImDapr.LocalDapr.Api;

/// <summary>
/// A gRPC service hosted from its descriptor: the Dapr packages ship messages and a client, but no server base. A public method named like an RPC
/// serves it; the rest answers UNIMPLEMENTED.
/// </summary>
public abstract class DescriptorService
{
    public abstract ServiceDescriptor Descriptor { get; }
}

/// <summary>Binds the methods of a <see cref="DescriptorService"/> when it is mapped.</summary>
public sealed class DescriptorMethodProvider<TService>(IServiceProvider services) : IServiceMethodProvider<TService> where TService : class
{
    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<TService> context)
    {
        if (services.GetRequiredService<TService>() is not DescriptorService service)
            return;
        foreach (var method in service.Descriptor.Methods.Where(method => !method.IsClientStreaming && !method.IsServerStreaming))
        {
            typeof(DescriptorMethodProvider<TService>).GetMethod(nameof(Bind), BindingFlags.NonPublic | BindingFlags.Static)!
                .MakeGenericMethod(method.InputType.ClrType, method.OutputType.ClrType)
                .Invoke(null, [context, method]);
        }
    }

    private static void Bind<TRequest, TResponse>(ServiceMethodProviderContext<TService> context, MethodDescriptor descriptor)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new()
    {
        var method = new Method<TRequest, TResponse>(
            MethodType.Unary, descriptor.Service.FullName, descriptor.Name, Marshaller<TRequest>(), Marshaller<TResponse>());
        var handler = typeof(TService).GetMethod(descriptor.Name, BindingFlags.Public | BindingFlags.Instance);
        context.AddUnaryMethod(method, [], handler is null
            ? (_, _, _) => throw new RpcException(new Status(StatusCode.Unimplemented, $"unknown method {descriptor.Name}"))
            : handler.CreateDelegate<UnaryServerMethod<TService, TRequest, TResponse>>());
    }

    private static Marshaller<T> Marshaller<T>() where T : class, IMessage<T>, new()
    {
        var parser = new MessageParser<T>(() => new T());
        return Marshallers.Create<T>(
            (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            context => parser.ParseFrom(context.PayloadAsReadOnlySequence()));
    }
}
