using ImDapr.Contracts;

namespace ImDapr.Chat.Syncing;

public enum NextCall
{
    /// <summary>Nothing to do until the next push.</summary>
    None,

    /// <summary>Call Sync with <see cref="SyncEngine.Request"/> and hand the page in.</summary>
    Sync,

    /// <summary>Load the conversations by History, then call <see cref="SyncEngine.Reloaded"/>.</summary>
    Reload,

    /// <summary>Read each of <see cref="SyncEngine.TimelineRequests"/> to its end by History, then call <see cref="SyncEngine.TimelinesRead"/>.</summary>
    Timelines,
}

/// <summary>What follows from an input: messages to show now, in this order, and the call to make next.</summary>
public sealed record SyncStep(IReadOnlyList<Message> Show, NextCall Next)
{
    public static readonly SyncStep Nothing = new([], NextCall.None);
}
