namespace ImDapr.LocalDapr.Actors;

/// <summary>
/// Consistent hashing by highest score: every host has a score for an id, the highest owns it. When a host joins, only ids whose highest it has move,
/// all of them to it; when one leaves, only its own move.
/// </summary>
public static class ActorPlacement
{
    /// <returns>Index of the owner among <paramref name="slots"/>, which are the hosts' numbers; -1 without any.</returns>
    public static int Owner(ReadOnlySpan<int> slots, string id)
    {
        if (slots.Length <= 1)
            return slots.Length - 1;

        var hash = Hash(id);
        var (best, owner) = (0UL, -1);
        for (var i = 0; i < slots.Length; i++)
        {
            var score = Mix(hash ^ Mix((ulong)slots[i] + 1));
            if (owner >= 0 && score <= best)
                continue;

            (best, owner) = (score, i);
        }

        return owner;
    }

    // FNV-1a: the same in every process, unlike string.GetHashCode.
    private static ulong Hash(string id)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in id)
            hash = (hash ^ c) * 1099511628211UL;

        return hash;
    }

    // The finalizer of splitmix64.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EBUL;
        return value ^ (value >> 31);
    }
}
