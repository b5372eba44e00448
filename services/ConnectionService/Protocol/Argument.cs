using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Protocol;

/// <summary>
/// The argument of a hub method as it arrived: its value, or what is wrong with its shape. SignalR would answer a shape that does not
/// fit without a code; this way the method runs and answers <c>invalid_argument</c> with a sentence. Clients send the plain object.
/// </summary>
[JsonConverter(typeof(ArgumentConverterFactory))]
public sealed class Argument<T> where T : class
{
    private readonly T? _value;
    private readonly string _problem;

    private Argument(T? value, string problem)
    {
        _value = value;
        _problem = problem;
    }

    /// <summary>The value.</summary>
    /// <exception cref="HubException">It was missing or of another shape.</exception>
    public T Value => _value ?? throw new HubException(new Refusal(ErrorCodes.InvalidArgument, _problem).ToString());

    public static Argument<T> Of(T? value) => new(value, "The argument is missing.");

    public static Argument<T> Wrong(string problem) => new(null, problem);

    /// <summary>Reads the next JSON value whatever it is; afterwards the reader stands at its end.</summary>
    public static Argument<T> Read(ref Utf8JsonReader reader)
    {
        var start = reader;
        try
        {
            return Of(JsonSerializer.Deserialize<T>(ref reader, ContractsJson.Wire));
        }
        catch (JsonException wrong)
        {
            reader = start;
            reader.Skip();
            return Wrong(Describe(wrong));
        }
    }

    // The serializer's own message names .NET types; the path is what the caller can use.
    private static string Describe(JsonException wrong) => wrong.Path is { Length: > 1 } path
        ? $"The value at {path} is not of the expected type."
        : "The argument is not an object of the expected shape.";
}

/// <summary>Reads <see cref="Argument{T}"/> from the plain object that clients send.</summary>
public sealed class ArgumentConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(Argument<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(ArgumentConverter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    [SuppressMessage("Performance", "CA1812", Justification = "Created by reflection.")]
    private sealed class ArgumentConverter<T> : JsonConverter<Argument<T>> where T : class
    {
        public override bool HandleNull => true;

        public override Argument<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => Argument<T>.Read(ref reader);

        public override void Write(Utf8JsonWriter writer, Argument<T> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.Value, ContractsJson.Wire);
    }
}
