using System.Text.Json;
using System.Text.Json.Serialization;
using ImDapr.Contracts;
using Microsoft.AspNetCore.SignalR;

namespace ImDapr.ConnectionService.Hubs;

/// <summary>
/// What a client passed to a hub method, read without failing: SignalR answers an argument that does not bind without a code, and a caller should
/// hear what is wrong with it.
/// </summary>
public sealed class Argument<T>(T? value, string? problem) where T : class
{
    /// <exception cref="HubException"><c>invalid_argument</c>: it was none, or not of this shape.</exception>
    public T Value => value ?? throw new HubException(new Refusal(ErrorCodes.InvalidArgument, problem ?? "An argument is needed.").ToString());

    public static Argument<T> Read(JsonElement json)
    {
        try
        {
            return json.ValueKind == JsonValueKind.Object
                ? new Argument<T>(json.Deserialize<T>(ContractsJson.Wire), null)
                : new Argument<T>(null, "The argument is not an object.");
        }
        catch (JsonException exception)
        {
            return new Argument<T>(null, $"The argument has a field of a wrong type: {exception.Path ?? exception.Message}.");
        }
    }
}

/// <summary>Reads every <see cref="Argument{T}"/>.</summary>
public sealed class ArgumentConverterFactory : JsonConverterFactory
{
    public override bool CanConvert(Type typeToConvert) => typeToConvert.IsGenericType && typeToConvert.GetGenericTypeDefinition() == typeof(Argument<>);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(ArgumentConverter<>).MakeGenericType(typeToConvert.GetGenericArguments()))!;

    private sealed class ArgumentConverter<T> : JsonConverter<Argument<T>> where T : class
    {
        public override bool HandleNull => true;

        public override Argument<T> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            Argument<T>.Read(JsonElement.ParseValue(ref reader));

        // A client that is our own server: only for completeness of the round trip.
        public override void Write(Utf8JsonWriter writer, Argument<T> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.Value, ContractsJson.Wire);
    }
}
