using System.Text.Json;
using ImDapr.Contracts;
using ImDapr.MessageService.Entities;

namespace ImDapr.MessageService.Sending;

/// <summary>
/// What recalls, edits and reactions make of the message that they name. Seqs decide, so that a repeat, or one that comes late, changes
/// nothing: the newest edit wins, the newest word of a user on a reaction wins, and a recall is final.
/// </summary>
public static class AmendmentRules
{
    private static readonly JsonElement EmptyBody = JsonElement.Parse("{}");

    /// <summary>The message after these events, or null when they change nothing.</summary>
    public static AmendedMessage? Apply(Message message, Amendment amendment, IEnumerable<Message> events, MessageLimits limits)
    {
        var before = new AmendedMessage(message.Body, amendment);
        var after = events.Aggregate(before, (state, change) => Apply(state, change, limits));
        return ReferenceEquals(after, before) ? null : after;
    }

    private static AmendedMessage Apply(AmendedMessage state, Message change, MessageLimits limits)
    {
        if (state.Amendment.RecalledBy is not null)
            return state;
        return change.Type switch
        {
            MessageTypes.Recall => new AmendedMessage(EmptyBody, new Amendment(RecalledBy: change.SenderId)),
            MessageTypes.Edit => Edit(state, change),
            MessageTypes.Reaction => React(state, change, limits.Reactions),
            _ => state,
        };
    }

    private static AmendedMessage Edit(AmendedMessage state, Message edit) => state.Amendment.EditedSeq >= edit.Seq
        ? state
        : new AmendedMessage(edit.Body.GetProperty("body"), state.Amendment with { EditedSeq = edit.Seq, EditedAt = edit.SentAt });

    private static AmendedMessage React(AmendedMessage state, Message change, int most)
    {
        var reaction = change.Body.GetProperty("reaction").GetString()!;
        var isRemoval = change.Body.TryGetProperty("remove", out var remove) && remove.ValueKind == JsonValueKind.True;
        var reactions = ReactionsOf(state.Amendment);
        var known = reactions.GetValueOrDefault((reaction, change.SenderId));
        if (Math.Abs(known) >= change.Seq)
            return state;
        // Senders are refused before this; here it holds for those who came at the same moment.
        if (!isRemoval && known <= 0 && reactions.Values.Count(seq => seq > 0) >= most)
            return state;
        reactions[(reaction, change.SenderId)] = isRemoval ? -change.Seq : change.Seq;
        return state with { Amendment = state.Amendment with { Reactions = Nested(WithoutOldest(reactions, most / 4)) } };
    }

    /// <summary>What was taken back is remembered for the sake of late repeats only: the newest of it.</summary>
    private static IEnumerable<KeyValuePair<(string Reaction, string UserId), long>> WithoutOldest(
        Dictionary<(string Reaction, string UserId), long> reactions, int remembered)
    {
        var oldest = reactions.Values.Where(seq => seq < 0).Order().Take(remembered + 1).LastOrDefault();
        return reactions.Count(pair => pair.Value < 0) <= remembered ? reactions : reactions.Where(pair => pair.Value > 0 || pair.Value < oldest);
    }

    private static Dictionary<(string Reaction, string UserId), long> ReactionsOf(Amendment amendment) =>
        (amendment.Reactions ?? new Dictionary<string, IReadOnlyDictionary<string, long>>())
            .SelectMany(reaction => reaction.Value.Select(user => KeyValuePair.Create((reaction.Key, user.Key), user.Value)))
            .ToDictionary();

    private static Dictionary<string, IReadOnlyDictionary<string, long>> Nested(IEnumerable<KeyValuePair<(string Reaction, string UserId), long>> reactions) =>
        reactions.GroupBy(pair => pair.Key.Reaction).ToDictionary(
            group => group.Key, group => (IReadOnlyDictionary<string, long>)group.ToDictionary(pair => pair.Key.UserId, pair => pair.Value));
}
