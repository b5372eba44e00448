using System.Collections;
using System.Text.Json;
using ImDapr.Contracts;
using MessagePack;
using MessagePack.Formatters;
using MessagePack.Resolvers;

namespace ImDapr.ConnectionService.Protocol;

/// <summary>
/// Gives everything of <see cref="Contracts"/> the very shape in MessagePack that it has in JSON: maps with camelCase names, absent instead
/// of null, a body as a map. One set of rules (<see cref="ContractsJson.Wire"/>) for both protocols; the price is one pass over the text.
/// </summary>
public sealed class JsonShapedResolver : IFormatterResolver
{
    public static readonly JsonShapedResolver Instance = new();

    private JsonShapedResolver()
    {
    }

    /// <summary>Options with this resolver, for a hub protocol of a server or a client.</summary>
    public static MessagePackSerializerOptions Options { get; } =
        MessagePackSerializerOptions.Standard.WithResolver(Instance).WithSecurity(MessagePackSecurity.UntrustedData);

    public IMessagePackFormatter<T>? GetFormatter<T>() => Cache<T>.Formatter;

    private static class Cache<T>
    {
        public static readonly IMessagePackFormatter<T>? Formatter = Create();

        private static IMessagePackFormatter<T>? Create()
        {
            if (IsArgument(typeof(T)))
                return (IMessagePackFormatter<T>)Activator.CreateInstance(typeof(ArgumentFormatter<>).MakeGenericType(typeof(T).GetGenericArguments()))!;
            return IsContract(typeof(T)) ? new JsonShapedFormatter<T>()! : BuiltinResolver.Instance.GetFormatter<T>();
        }
    }

    private static bool IsArgument(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Argument<>);

    private static bool IsContract(Type type) =>
        type == typeof(JsonElement) || type.Assembly == typeof(ContractsJson).Assembly || (ElementOf(type) is { } element && IsContract(element));

    private static Type? ElementOf(Type type)
    {
        if (type.IsArray)
            return type.GetElementType();
        var isList = type.IsGenericType && type.IsAssignableTo(typeof(IEnumerable)) && type.GetGenericArguments().Length == 1;
        return isList ? type.GetGenericArguments()[0] : null;
    }
}
