using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Versions;

namespace ImDapr.UserService.Relations;

/// <summary>
/// Tells the other services that a relation changed. A block or a profile is a hint whose loss heals by itself within the life of a cache entry
/// (docs/decisions/0005); changes of groups and contacts go through <see cref="RelationOutbox"/>.
/// </summary>
public sealed class RelationsPublisher(DaprClient dapr)
{
    public Task PublishAsync(RelationChanged change, CancellationToken cancellationToken) =>
        dapr.PublishAsync(DaprNames.PubSub, change, cancellationToken);
}
