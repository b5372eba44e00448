using ImDapr.Contracts;
using ImDapr.MessageService.FanOut;

namespace ImDapr.MessageService.Conversations;

/// <summary>Whether a conversation is read as a timeline. The numbers are stored.</summary>
public enum TimelineState
{
    /// <summary>No message of it ever was outside of the inboxes.</summary>
    Never = 0,

    /// <summary>New messages are.</summary>
    Now = 1,

    /// <summary>Some messages are; new ones go to the inboxes again.</summary>
    Was = 2,
}

/// <summary>When a conversation becomes a timeline and when it ceases to be one, and which policy its next message gets.</summary>
public static class TimelineRules
{
    /// <summary>Between the two thresholds everything stays as it is, so that a group at the edge does not switch with every member.</summary>
    public static TimelineState Next(TimelineState state, int members, FanOutOptions options)
    {
        if (options.Group == FanOutPolicy.Timeline || members >= options.TimelineFrom)
            return TimelineState.Now;
        return state == TimelineState.Now && members < options.TimelineBelow ? TimelineState.Was : state;
    }

    public static FanOutPolicy PolicyOf(string kind, TimelineState state, FanOutOptions options) => kind switch
    {
        _ when state == TimelineState.Now => FanOutPolicy.Timeline,
        ConversationKinds.Direct => options.Direct,
        // A group that ceased to be a timeline while the configuration says that all are: what Next() says comes with its next change.
        ConversationKinds.Group => options.Group == FanOutPolicy.Timeline ? FanOutPolicy.Reference : options.Group,
        _ => options.System,
    };
}
