using Grpc.Core;
using ImDapr.LocalDapr.Api;

namespace ImDapr.LocalDapr.Actors;

/// <summary>Errors of the actor API, as daprd names them (dapr-contract 5.3).</summary>
internal static class ActorErrors
{
    public static DaprError Invoke(string why, Exception? inner = null) =>
        new(StatusCode.Internal, 500, "ERR_ACTOR_INVOKE_METHOD", $"error invoke actor method: {why}", inner);

    public static DaprError NoAddress(string type) =>
        new(StatusCode.NotFound, 404, "ERR_ACTOR_NO_ADDRESS", $"did not find address for actor: no host for actor type {type}");

    public static DaprError StackDepth() => new(StatusCode.ResourceExhausted, 500, "ERR_ACTOR_STACK_DEPTH", "maximum stack depth exceeded");

    public static DaprError InstanceMissing() => new(StatusCode.Internal, 400, "ERR_ACTOR_INSTANCE_MISSING", "actor instance is missing");

    public static DaprError NoStore() =>
        new(StatusCode.Internal, 500, "ERR_ACTOR_RUNTIME_NOT_FOUND", "the state store is not configured to use the actor runtime");

    public static DaprError StateGet(string why, Exception inner) =>
        new(StatusCode.Internal, 500, "ERR_ACTOR_STATE_GET", $"error getting actor state: {why}", inner);

    public static DaprError StateSave(string why, Exception? inner = null) =>
        new(StatusCode.Internal, 500, "ERR_ACTOR_STATE_TRANSACTION_SAVE", $"error saving actor transaction state: {why}", inner);

    public static DaprError Malformed(string why, Exception? inner = null) =>
        new(StatusCode.InvalidArgument, 400, "ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: {why}", inner);

    public static DaprError ReminderNotHosted() =>
        new(StatusCode.PermissionDenied, 403, "ERR_ACTOR_REMINDER_NON_HOSTED", "operations on actor reminders are only possible on hosted actor types");

    public static DaprError ReminderMissing() => new(StatusCode.NotFound, 404, "ERR_ACTOR_REMINDER_NOT_FOUND", "actor reminder not found");

    public static DaprError ReminderCreate(string why) => new(StatusCode.Internal, 500, "ERR_ACTOR_REMINDER_CREATE", $"error creating actor reminder: {why}");

    public static DaprError TimerCreate(string why) => new(StatusCode.Internal, 500, "ERR_ACTOR_TIMER_CREATE", $"error creating actor timer: {why}");
}

/// <summary>The actor has moved, or its host is gone: worth another try elsewhere.</summary>
internal sealed class ActorMovedException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Ends when the old activation is gone; the next try need not wait longer.</summary>
    public Task? Gone { get; init; }
}
