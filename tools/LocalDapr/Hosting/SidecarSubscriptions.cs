using ImDapr.LocalDapr.Api;
using ImDapr.LocalDapr.PubSub;
using ImDapr.LocalDapr.Resources;

namespace ImDapr.LocalDapr.Hosting;

/// <summary>What the app of one sidecar is subscribed to, from when it is connected until it is not.</summary>
internal sealed partial class SidecarSubscriptions(
    string appId, ResourceFiles resources, IReadOnlyDictionary<string, PubSubBlock> pubSubs, SidecarMetadata metadata, TimeProvider time, ILogger logger)
{
    // What daprd has for the whole of a graceful shutdown.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private Standing? _standing;

    public bool Stand => _standing is not null;

    /// <summary>Starts what the files declare and what the app asks for.</summary>
    /// <param name="answer">Of the app on <c>/dapr/subscribe</c>; null: it has no such route.</param>
    /// <exception cref="ResourceException">The answer is no list of subscriptions.</exception>
    public async Task StartAsync(byte[]? answer)
    {
        var standing = _standing = new Standing(new DeliveryGate(), new CancellationTokenSource());
        var asked = answer is null ? [] : SubscriptionAnswer.Read(appId, answer);
        var declared = resources.Subscriptions.Where(file => ResourceFiles.InScope(file.Scopes, appId)).Select(file => file.Subscription);
        var started = new List<Subscription>();
        foreach (var subscription in declared.Concat(asked))
        {
            if (await TrySubscribeAsync(subscription, standing))
                started.Add(subscription);
        }
        metadata.Subscriptions = started;
    }

    /// <summary>Ends the subscriptions once the deliveries that run have ended, if they do in time.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (_standing is not { } standing)
            return;
        try
        {
            await standing.Gate.CloseAsync().WaitAsync(Grace, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            LogCutOff(appId, Grace);
        }
        finally
        {
            await EndAsync();
        }
    }

    /// <summary>Ends the subscriptions at once: deliveries that run are cut off, and their messages come again.</summary>
    public async Task EndAsync()
    {
        if (Interlocked.Exchange(ref _standing, null) is not { } standing)
            return;
        await standing.Lifetime.CancelAsync();
        metadata.Subscriptions = [];
    }

    // What daprd passes over in silence, or with a line in its log, is no reason to end here either.
    private async Task<bool> TrySubscribeAsync(Subscription subscription, Standing standing)
    {
        if (subscription.Rules.Count == 0)
            LogNoSubscription(appId, subscription.PubSub, subscription.Topic, "it has no route");
        else if (pubSubs.GetValueOrDefault(subscription.PubSub) is not { } block)
            LogNoSubscription(appId, subscription.PubSub, subscription.Topic, "there is no such pub/sub component");
        else
            return await TrySubscribeAsync(block, subscription, standing);
        return false;
    }

    private async Task<bool> TrySubscribeAsync(PubSubBlock block, Subscription subscription, Standing standing)
    {
        try
        {
            await block.SubscribeAsync(subscription, standing.Gate, standing.Lifetime.Token);
            return true;
        }
        catch (DaprError error)
        {
            LogNoSubscription(appId, subscription.PubSub, subscription.Topic, error.Message);
            return false;
        }
    }

    private sealed record Standing(DeliveryGate Gate, CancellationTokenSource Lifetime);

    [LoggerMessage(9712, LogLevel.Warning, "{AppId}: no subscription to {Topic} of {PubSub}: {Reason}")]
    private partial void LogNoSubscription(string appId, string pubSub, string topic, string reason);

    [LoggerMessage(9715, LogLevel.Warning, "{AppId}: deliveries did not end within {Grace}: they are cut off and come again")]
    private partial void LogCutOff(string appId, TimeSpan grace);
}
