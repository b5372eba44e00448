namespace ImDapr.LocalDapr.Actors;

public readonly record struct ActorKey(string Type, string Id);
