using Dapr.Client;
using ImDapr.Contracts;

namespace ImDapr.MessageService.Inbox;

/// <summary>An acknowledgement that waits to be saved.</summary>
internal sealed class PendingAck(DeviceAck ack)
{
    // A lane must never run its callers' continuations.
    private readonly TaskCompletionSource<Answer<Done>> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public DeviceAck Ack => ack;
    public Task<Answer<Done>> Answer => _answer.Task;

    public void Done(Refusal? refusal) => _answer.TrySetResult(refusal is null ? Contracts.Answer<Done>.Of(Contracts.Done.Value) : Contracts.Answer<Done>.Refused(refusal));

    public void Fail(Exception exception) => _answer.TrySetException(exception);
}

/// <summary>What the devices of one user have acknowledged, saved with one write.</summary>
internal sealed class CursorAcks(LaneUser user, IReadOnlyList<PendingAck> acks) : ILaneWork
{
    private readonly Refusal?[] _refusals = new Refusal?[acks.Count];

    public LaneUser User => user;

    public StoredInbox Inbox => user.Inbox;

    public StoredDevices Devices => user.Devices;

    /// <summary>Raises the cursors; if nothing rises, it is done.</summary>
    /// <returns>Whether there is something to save.</returns>
    public async Task<bool> ApplyAsync(CancellationToken cancellationToken)
    {
        var all = await Devices.KnownAsync(cancellationToken);
        await RaiseAsync(all, cancellationToken);
        if (!all.IsChanged)
            await DoneAsync(all, cancellationToken);
        return all.IsChanged;
    }

    public async Task SavedAsync(StateTransactionRequest saved, CancellationToken cancellationToken) =>
        await DoneAsync(Devices.Saved(saved), cancellationToken);

    public async Task DoAloneAsync(CancellationToken cancellationToken) =>
        await DoneAsync(await Devices.ChangeAsync(all => RaiseAsync(all, cancellationToken), cancellationToken), cancellationToken);

    public void Fail(Exception exception)
    {
        Inbox.Forget();
        Devices.Forget();
        foreach (var ack in acks)
            ack.Fail(exception);
    }

    private async Task RaiseAsync(Devices all, CancellationToken cancellationToken)
    {
        for (var i = 0; i < acks.Count; i++)
        {
            var ack = acks[i].Ack;
            _refusals[i] = await user.Cursors.CheckAsync(ack.Position, cancellationToken);
            if (_refusals[i] is null)
                user.Cursors.Change(all, (await Inbox.GetAsync(cancellationToken)).Epoch, (devices, now) => devices.Acknowledge(ack.DeviceId, "", ack.Position, now));
        }
    }

    private async Task DoneAsync(Devices all, CancellationToken cancellationToken)
    {
        await user.Cursors.SettleAsync(all, cancellationToken);
        for (var i = 0; i < acks.Count; i++)
            acks[i].Done(_refusals[i]);
    }
}
