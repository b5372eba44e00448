using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace ImDapr.MessageService.Inbox;

/// <summary>What this instance remembers of users between appends; the least recently used go first.</summary>
public sealed class InboxMemory(IOptions<InboxOptions> options) : IDisposable
{
    // As long as an actor stays that nobody calls.
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(10);

    private readonly MemoryCache _users = new(new MemoryCacheOptions { SizeLimit = options.Value.Remembered });

    /// <summary>For the user's lane only: nobody else may change what it gets.</summary>
    public LaneUser GetOrCreate(string userId, Func<string, LaneUser> create) => _users.GetOrCreate(userId, entry =>
    {
        entry.SetSize(1).SetSlidingExpiration(Idle);
        return create(userId);
    })!;

    /// <summary>Instances of connection-service that hold devices of these users, as far as is remembered; null when it is not of all of them.</summary>
    public string[]? NodesOf(IEnumerable<string> userIds)
    {
        var nodes = new HashSet<string>();
        foreach (var userId in userIds)
        {
            if (_users.Get<LaneUser>(userId)?.Inbox.Readers is not { } readers)
                return null;
            nodes.UnionWith(readers.NodeIds);
        }
        return [.. nodes];
    }

    public void Dispose() => _users.Dispose();
}
