using System.Globalization;

namespace ImDapr.Contracts;

/// <summary>
/// The version of a contract: what this build writes, and the newest that it understands. It understands all before that
/// (docs/decisions/0018).
/// </summary>
/// <param name="Written">Follows <paramref name="Read"/> a release later, when there is nobody left who would not understand it.</param>
/// <param name="Read">The newest that is understood.</param>
public sealed record ContractVersion(int Written, int Read)
{
    /// <summary>What says nothing is of this version: builds before there were any, and other applications.</summary>
    public const int Unsaid = 1;

    /// <summary>Why something is not read, or null when this build understands it.</summary>
    /// <param name="contract">What it is, for who reads the log.</param>
    /// <param name="given">Its version.</param>
    public Refusal? Refuse(string contract, int given) => given <= Read
        ? null
        : new(ErrorCodes.UnknownVersion, string.Create(
            CultureInfo.InvariantCulture, $"{contract} has version {given}; this build knows {Read} at most, and a newer one has to take it."));

    /// <inheritdoc cref="Refuse"/>
    /// <exception cref="UnknownVersionException">It is newer than this build knows.</exception>
    public void Check(string contract, int given)
    {
        if (Refuse(contract, given) is { } refusal)
            throw new UnknownVersionException(refusal);
    }

    /// <summary>A version as text; what is no number is beyond every version.</summary>
    public static int Parse(ReadOnlySpan<char> text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : int.MaxValue;
}

/// <summary>The versions of everything that two instances of different builds may tell each other. They change here and nowhere else.</summary>
public static class ContractVersions
{
    /// <summary>Calls from one service to another, <c>/internal/…</c>.</summary>
    public static readonly ContractVersion Calls = new(Written: 1, Read: 1);

    public static readonly ContractVersion Messages = new(Written: 1, Read: 1);
    public static readonly ContractVersion Deliveries = new(Written: 1, Read: 1);
    public static readonly ContractVersion Relations = new(Written: 1, Read: 1);
    public static readonly ContractVersion Offline = new(Written: 1, Read: 1);
    public static readonly ContractVersion Sessions = new(Written: 1, Read: 1);
    public static readonly ContractVersion Notifications = new(Written: 1, Read: 1);
    public static readonly ContractVersion Timelines = new(Written: 1, Read: 1);
    public static readonly ContractVersion Inboxes = new(Written: 1, Read: 1);

    /// <summary>Header that tells the version of a call.</summary>
    public const string CallHeader = "imdapr-contract";
}

/// <summary>Something is of a newer version than this build knows. Reading it nevertheless would be guessing.</summary>
public sealed class UnknownVersionException(Refusal refusal) : Exception(refusal.Message)
{
    public Refusal Refusal => refusal;
}

/// <summary>What is published on a topic of ours.</summary>
public interface IEvent
{
    static abstract string Topic { get; }

    static abstract ContractVersion Version { get; }
}

/// <summary>The attribute <c>type</c> of our CloudEvents: topic and version, such as <c>im.messages.v1</c>.</summary>
public static class EventType
{
    private const string Version = ".v";

    public static string Of(string topic, int version) => string.Create(CultureInfo.InvariantCulture, $"{topic}{Version}{version}");

    /// <summary>The version of an event on a topic; a type of another form is Dapr's default or a publisher's own word, and says nothing of it.</summary>
    public static int VersionIn(string? type, string topic) =>
        type is not null && type.StartsWith(topic, StringComparison.Ordinal) && type.AsSpan(topic.Length) is var rest && rest.StartsWith(Version)
            ? ContractVersion.Parse(rest[Version.Length..])
            : ContractVersion.Unsaid;
}
