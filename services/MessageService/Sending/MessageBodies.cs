using System.Runtime.InteropServices;
using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Sending;

/// <summary>What the body of each type holds. Fields that a type does not name are kept as they are: clients may say more than we know.</summary>
public static class MessageBodies
{
    private static readonly Dictionary<string, BodyField[]> Contents = new()
    {
        [MessageTypes.Text] = [BodyField.Text("text")],
        [MessageTypes.Image] =
            [BodyField.Url("url", true), BodyField.Count("width", false), BodyField.Count("height", false), BodyField.Count("size", false), BodyField.Url("thumbnailUrl", false)],
        [MessageTypes.File] = [BodyField.Url("url", true), BodyField.FileName("name"), BodyField.Count("size", false)],
        [MessageTypes.Audio] = [BodyField.Url("url", true), BodyField.Count("durationMs", true), BodyField.Count("size", false)],
        [MessageTypes.Video] =
        [
            BodyField.Url("url", true), BodyField.Count("durationMs", false), BodyField.Count("width", false), BodyField.Count("height", false),
            BodyField.Count("size", false), BodyField.Url("thumbnailUrl", false),
        ],
        [MessageTypes.Custom] = [],
    };

    /// <summary>Types that say something, as opposed to those that change what was said.</summary>
    public static bool IsContent(string type) => Contents.ContainsKey(type);

    /// <summary>Whether it changes another message of the conversation.</summary>
    public static bool IsAmendment(string? type) => type is MessageTypes.Edit or MessageTypes.Reaction or MessageTypes.Recall;

    public static bool IsSendable(string? type) => type is MessageTypes.Edit or MessageTypes.Reaction || (type is not null && IsContent(type));

    /// <summary>What clients send, for a refusal.</summary>
    public static string SendableTypes { get; } = string.Join(", ", [.. Contents.Keys, MessageTypes.Edit, MessageTypes.Reaction]);

    /// <summary>Why this is no body of this type, or null.</summary>
    public static Refusal? Check(string type, JsonElement? given, MessageLimits limits)
    {
        if (given is not { ValueKind: JsonValueKind.Object } body)
            return new Refusal(ErrorCodes.InvalidArgument, "body is needed: a JSON object.");
        if (JsonMarshal.GetRawUtf8Value(body).Length > limits.BodyBytes)
            return new Refusal(ErrorCodes.TooLarge, $"The body is larger than {limits.BodyBytes} bytes.");
        var wrong = FieldsOf(type, limits).Select(field => field.Check(body)).FirstOrDefault(sentence => sentence is not null);
        return wrong is null ? null : new Refusal(ErrorCodes.InvalidArgument, $"The body of {type} {wrong}.");
    }

    private static BodyField[] FieldsOf(string type, MessageLimits limits) => type switch
    {
        MessageTypes.Edit => [BodyField.Seq("seq"), BodyField.Object("body")],
        MessageTypes.Reaction => [BodyField.Seq("seq"), BodyField.Reaction("reaction", limits.ReactionLength), BodyField.Flag("remove")],
        _ => Contents.GetValueOrDefault(type) ?? [],
    };

    /// <summary>Seq of the message that this one changes, or null.</summary>
    public static long? TargetOf(string? type, JsonElement body) => IsAmendment(type) ? body.GetProperty("seq").GetInt64() : null;
}
