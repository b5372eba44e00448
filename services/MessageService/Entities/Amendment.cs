using System.Text.Json;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Entities;

/// <summary>What became of a message since it was stored. Seqs decide between amendments, so repeats and reordering change nothing.</summary>
/// <param name="RecalledBy">Who recalled it.</param>
/// <param name="EditedSeq">Seq of the newest edit that was applied.</param>
/// <param name="EditedAt">Unix milliseconds, UTC, of that edit.</param>
/// <param name="Reactions">By reaction and user the seq that set it; negative: the seq that took it back.</param>
public sealed record Amendment(
    string? RecalledBy = null,
    long? EditedSeq = null,
    long? EditedAt = null,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, long>>? Reactions = null)
{
    public static readonly Amendment None = new();

    public static Amendment Read(string text) => text.Length == 0 ? None : JsonSerializer.Deserialize<Amendment>(text, ContractsJson.Wire)!;

    public string Write() => this == None ? "" : JsonSerializer.Serialize(this, ContractsJson.Wire);

    /// <summary>The message as everybody sees it now.</summary>
    public Message ApplyTo(Message message) => this == None ? message : message with
    {
        RecalledBy = RecalledBy,
        EditedAt = EditedAt,
        Reactions = Shown() is { Count: > 0 } shown ? shown : null,
    };

    private Dictionary<string, string[]> Shown() => (Reactions ?? new Dictionary<string, IReadOnlyDictionary<string, long>>())
        .Select(reaction => KeyValuePair.Create(
            reaction.Key, reaction.Value.Where(user => user.Value > 0).OrderBy(user => user.Value).Select(user => user.Key).ToArray()))
        .Where(reaction => reaction.Value.Length > 0)
        .ToDictionary();
}

/// <summary>A stored message after a change.</summary>
public sealed record AmendedMessage(JsonElement Body, Amendment Amendment);
