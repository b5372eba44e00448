using Dapr.Actors;
using Dapr.Actors.Runtime;
using Host = Dapr.Actors.Runtime.ActorHost;

namespace ImDapr.DaprConformanceApp.Actors;

public interface IScriptedActor : IActor;

// Types whose calls are answered by ScriptedActorApi and not by the SDK, so that a test decides what the sidecar sees. Here for /dapr/config only.
public sealed class ScriptedActor(Host host) : Actor(host), IScriptedActor;

/// <summary>Reentrancy allowed, to a depth of four.</summary>
public sealed class ReentrantActor(Host host) : Actor(host), IScriptedActor;

/// <summary>Deactivated after two seconds.</summary>
public sealed class IdleActor(Host host) : Actor(host), IScriptedActor;

/// <summary>Under resiliency: a timeout, retries, a circuit breaker.</summary>
public sealed class GuardedActor(Host host) : Actor(host), IScriptedActor;
