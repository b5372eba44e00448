using ImDapr.Contracts;

namespace ImDapr.UserService.Relations;

/// <summary>What keeps one kind of versioned relation: groups, contacts.</summary>
public interface IRelationStore
{
    /// <summary>One of <see cref="RelationKinds"/>.</summary>
    string Kind { get; }

    /// <returns>False when another change came first.</returns>
    Task<bool> ClaimAsync(RelationChanged change, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a claimed change true, its version last. Every statement does nothing once the subject has that version: a change may be carried out
    /// by several at once and again, and one that comes late must not undo a newer one.
    /// </summary>
    Task CarryOutAsync(RelationChanged change, CancellationToken cancellationToken);
}
