namespace ImDapr.LocalDapr.Actors;

/// <summary>A refusal as daprd's actor API words it.</summary>
public sealed class ActorApiException(int status, string code, string message, Exception? inner = null) : Exception(message, inner)
{
    public int Status => status;

    public string Code => code;

    public static ActorApiException BadRequest(string what) => new(400, "ERR_BAD_REQUEST", $"invalid request: {what}");

    public static ActorApiException Malformed(string what) => new(400, "ERR_MALFORMED_REQUEST", $"failed deserializing HTTP body: {what}");

    public static ActorApiException Invoke(string what, Exception? inner = null) =>
        new(500, "ERR_ACTOR_INVOKE_METHOD", $"error invoke actor method: {what}", inner);

    public static ActorApiException StackDepth() => new(500, "ERR_ACTOR_STACK_DEPTH", "maximum stack depth exceeded");

    public static ActorApiException RuntimeClosed() => new(503, "ERR_ACTOR_RUNTIME_CLOSED", "actor runtime is closed");

    public static ActorApiException NoStateStore() => new(
        500, "ERR_ACTOR_RUNTIME_NOT_FOUND",
        "the state store is not configured to use the actor runtime. Have you set the - name: actorStateStore value: \"true\" in your state store component file?");

    public static ActorApiException InstanceMissing() => new(400, "ERR_ACTOR_INSTANCE_MISSING", "actor instance is missing");

    public static ActorApiException StateGet(string what, Exception? inner = null) =>
        new(500, "ERR_ACTOR_STATE_GET", $"error getting actor state: {what}", inner);

    public static ActorApiException StateSave(string what, Exception? inner = null) =>
        new(500, "ERR_ACTOR_STATE_TRANSACTION_SAVE", $"error saving actor transaction state: {what}", inner);

    public static ActorApiException TimerCreate(string what) => new(500, "ERR_ACTOR_TIMER_CREATE", $"error creating actor timer: {what}");

    public static ActorApiException ReminderCreate(string what) => new(500, "ERR_ACTOR_REMINDER_CREATE", $"error creating actor reminder: {what}");

    public static ActorApiException ReminderExists(string name) =>
        new(409, "ERR_ACTOR_REMINDER_ALREADY_EXISTS", $"actor reminder already exists: {name}");

    public static ActorApiException ReminderMissing(string name) => new(404, "ERR_ACTOR_REMINDER_NOT_FOUND", $"actor reminder not found: {name}");

    public static ActorApiException ReminderNotHosted() =>
        new(403, "ERR_ACTOR_REMINDER_NON_HOSTED", "operations on actor reminders are only possible on hosted actor types");

    public static ActorApiException TypeReserved(string type) => new(
        403, "ERR_ACTOR_TYPE_RESERVED", $"actor type \"{type}\" is reserved for the Dapr workflow runtime; direct actor API access is not permitted");
}

/// <summary>The actor could not be reached where it was looked for: it is worth looking again, and nothing else is.</summary>
/// <param name="until">When given, looking again makes sense once this has completed; else after a while or a change of hosts.</param>
public sealed class ActorUnavailableException(string message, Task? until = null, Exception? inner = null) : Exception(message, inner)
{
    public Task? Until => until;
}
