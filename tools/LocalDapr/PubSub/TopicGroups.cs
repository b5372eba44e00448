using System.Collections.Concurrent;

namespace ImDapr.LocalDapr.PubSub;

/// <summary>The members of one consumer group in this process share its place: whoever comes next takes the next messages.</summary>
internal sealed class TopicGroup
{
    private readonly Lock _gate = new();
    private readonly SortedSet<long> _back = [];
    private TaskCompletionSource _putBack = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _started;
    private int _recovered;

    public long LastId { get; private set; }

    /// <summary>Ends when something was put back.</summary>
    public Task PutBackSignal
    {
        get
        {
            lock (_gate)
                return _putBack.Task;
        }
    }

    /// <summary>The first member's place counts; later ones join where the group is.</summary>
    public void StartAt(long lastId)
    {
        lock (_gate)
        {
            if (!_started)
                LastId = lastId;
            _started = true;
        }
    }

    /// <summary>True once: for the member that puts back what an earlier process left.</summary>
    public bool TakeRecovery() => Interlocked.Exchange(ref _recovered, 1) == 0;

    public void Advance(long id) => LastId = Math.Max(LastId, id);

    public void PutBack(IEnumerable<long> ids)
    {
        lock (_gate)
        {
            _back.UnionWith(ids);
            if (_back.Count == 0)
                return;
            _putBack.TrySetResult();
            _putBack = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    public List<long> TakeBack(int most)
    {
        lock (_gate)
        {
            var taken = _back.Take(most).ToList();
            _back.ExceptWith(taken);
            return taken;
        }
    }
}

internal static class TopicGroups
{
    private static readonly ConcurrentDictionary<(string Path, string Topic, string Group), TopicGroup> Groups = new();

    public static TopicGroup Join(string path, string topic, string group) => Groups.GetOrAdd((path, topic, group), _ => new TopicGroup());

    public static TopicGroup? Find(string path, string topic, string group) => Groups.GetValueOrDefault((path, topic, group));
}

/// <summary>Tells the consumers of this process that a topic has news, without polling.</summary>
internal static class TopicSignals
{
    private static readonly ConcurrentDictionary<(string Path, string Topic), Signal> Signals = new();

    /// <summary>Ends with the next message of the topic. Asked for before looking, so that none is missed.</summary>
    public static Task Next(string path, string topic) => Of(path, topic).Next;

    public static void Raise(string path, string topic) => Of(path, topic).Raise();

    private static Signal Of(string path, string topic) => Signals.GetOrAdd((path, topic), _ => new Signal());

    private sealed class Signal
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Next
        {
            get
            {
                lock (_gate)
                    return _next.Task;
            }
        }

        public void Raise()
        {
            lock (_gate)
            {
                _next.TrySetResult();
                _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }
}
