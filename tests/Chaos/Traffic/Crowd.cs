using ImDapr.Contracts;

namespace ImDapr.Chaos.Traffic;

/// <summary>How many people, and how they are made up.</summary>
/// <param name="People">People; each has a direct conversation with the next ones, and groups of 5 and one that is read as a timeline.</param>
/// <param name="Pause">Mean time between two messages of a person.</param>
internal sealed record CrowdSize(int People, TimeSpan Pause);

/// <summary>People who talk the whole time: direct, in groups with inboxes and in a group that is read as a timeline.</summary>
internal sealed class Crowd : IAsyncDisposable
{
    private const int DirectPartners = 3;
    private const int GroupMembers = 5;
    private const int TimelineMembers = 16;
    private const int UsualText = 60;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(120);

    private readonly CrowdSize _size;
    private readonly CancellationTokenSource _end = new();
    private CancellationTokenSource _stop = new();
    private Task _talking = Task.CompletedTask;

    private Crowd(CrowdSize size, Person[] people) => (_size, People) = (size, people);

    public Person[] People { get; }

    public Ledger Ledger { get; } = new();

    public IEnumerable<Device> Devices => People.SelectMany(person => person.Devices);

    /// <summary>Registers everybody, founds the groups, connects the devices.</summary>
    public static async Task<Crowd> StartAsync(CrowdSize size, Uri origin, int seed, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        var people = Enumerable.Range(0, size.People)
            .Select(i => new Person($"p{seed}-{i}", origin, devices: i % 3 == 0 ? 2 : 1, polls: i % 2 == 0, seed + i)).ToArray();
        var crowd = new Crowd(size, people);
        foreach (var chunk in crowd.Devices.Chunk(8))
            await Task.WhenAll(chunk.Select(device => device.TokenAsync(limit.Token)));
        await crowd.FoundAsync(limit.Token);
        foreach (var person in people)
            await person.StartAsync();
        return crowd;
    }

    public void Talk()
    {
        _stop.Dispose();
        _stop = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
        var (stop, talk) = (_stop.Token, new Talk(_size.Pause, UsualText));
        _talking = Task.WhenAll(People.Select(person => person.TalkAsync(Ledger, talk, stop, _end.Token)));
    }

    /// <summary>Nobody begins another message; ends when what is under way has been acknowledged.</summary>
    /// <exception cref="TimeoutException">A message has not been acknowledged in time.</exception>
    public async Task FallSilentAsync(TimeSpan limit)
    {
        await _stop.CancelAsync();
        await _talking.WaitAsync(limit);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _talking.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var chunk in People.Chunk(16))
            await Task.WhenAll(chunk.Select(person => person.DisposeAsync().AsTask()));
        _stop.Dispose();
        _end.Dispose();
    }

    private async Task FoundAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < People.Length; i++)
        {
            foreach (var step in Enumerable.Range(1, DirectPartners))
                Pair(People[i], People[(i + step) % People.Length]);
        }
        foreach (var members in People.Chunk(GroupMembers).Where(chunk => chunk.Length == GroupMembers))
            await FoundAsync(members, cancellationToken);
        await FoundAsync([.. People.Take(TimelineMembers)], cancellationToken);
    }

    private static void Pair(Person one, Person other)
    {
        var conversationId = ConversationId.Direct(one.Id, other.Id);
        one.Join(conversationId, new Addressee(other.Id, null));
        other.Join(conversationId, new Addressee(one.Id, null));
    }

    private static async Task FoundAsync(Person[] members, CancellationToken cancellationToken)
    {
        var founder = members[0].Devices[0];
        var group = await founder.Api.CreateGroupAsync(
            new CreateGroupRequest("team", [.. members.Skip(1).Select(member => member.Id)]), await founder.TokenAsync(cancellationToken), cancellationToken);
        foreach (var member in members)
            member.Join(group.ConversationId, new Addressee(null, group.ConversationId));
    }
}
