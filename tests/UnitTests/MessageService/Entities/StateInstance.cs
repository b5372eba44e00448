using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Entities.State;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ImDapr.UnitTests.MessageService.Entities;

/// <summary>What one instance of the service has in the storage model <c>redis</c>.</summary>
public sealed class StateInstance
{
    public StateInstance(StoreSidecar sidecar)
    {
        var options = Options.Create(new StorageOptions { Model = StorageOptions.Redis });
        State = new StateClient(sidecar.Client(Calls));
        var heads = new StateHeads(State);
        var pages = new StatePages(State, options);
        Entities = new StateEntities(State, heads, pages, options, sidecar.Time, NullLogger<StateEntities>.Instance);
        var sequencer = new StateSequencer(heads, Entities, pages, sidecar.Time, NullLogger<StateSequencer>.Instance);
        Store = new StateMessageStore(sequencer, heads, Entities, pages);
    }

    public StateCalls Calls { get; } = new();

    /// <summary>The calls that the action made.</summary>
    public async Task<string[]> CallsAsync(Func<Task> action)
    {
        Calls.Made.Clear();
        await action();
        return [.. Calls.Made];
    }

    public StateClient State { get; }

    public StateEntities Entities { get; }

    public StateMessageStore Store { get; }
}
