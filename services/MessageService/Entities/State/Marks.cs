using System.Text;
using System.Text.Json.Serialization;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Entities.State;

/// <summary>What is known of a seq without its entity.</summary>
public sealed record Mark(long Seq, FanOutPolicy FanOut, long SentAt, long? Recalls);

/// <summary>Marks of contiguous seqs, some bytes each.</summary>
/// <param name="From">The first seq.</param>
/// <param name="Policies">One digit per seq: its policy.</param>
/// <param name="Times">Of each seq the milliseconds since the one before it; of the first since 1970.</param>
/// <param name="Recalls">By seq the seq that it recalls.</param>
public sealed record Marks(long From, string Policies, IReadOnlyList<long> Times, IReadOnlyDictionary<long, long>? Recalls = null)
{
    public static readonly Marks None = new(1, "", []);

    [JsonIgnore]
    public int Count => Policies.Length;

    /// <summary>Of contiguous seqs; <paramref name="next"/> says which comes next when there are none.</summary>
    public static Marks Of(IReadOnlyList<Mark> marks, long next)
    {
        var policies = new StringBuilder(marks.Count);
        var times = new long[marks.Count];
        for (var i = 0; i < marks.Count; i++)
        {
            policies.Append((char)('0' + (int)marks[i].FanOut));
            times[i] = marks[i].SentAt - (i == 0 ? 0 : marks[i - 1].SentAt);
        }
        var recalls = marks.Where(mark => mark.Recalls is not null).ToDictionary(mark => mark.Seq, mark => mark.Recalls!.Value);
        return new Marks(marks.Count == 0 ? next : marks[0].Seq, policies.ToString(), times, recalls.Count == 0 ? null : recalls);
    }

    public IEnumerable<Mark> Read()
    {
        var sentAt = 0L;
        for (var i = 0; i < Count; i++)
        {
            sentAt += Times[i];
            yield return new Mark(From + i, (FanOutPolicy)(Policies[i] - '0'), sentAt, Recalls is not null && Recalls.TryGetValue(From + i, out var recalls) ? recalls : null);
        }
    }
}
