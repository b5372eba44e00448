using ImDapr.Contracts;

namespace ImDapr.Chat;

/// <summary>What the command line said.</summary>
/// <param name="Password">Null for the development password, which only servers on this machine get to see.</param>
/// <param name="Linger">Seconds to stay after the end of piped input.</param>
/// <param name="Until">End after this many messages of others were shown; null for never.</param>
public sealed record ChatOptions(
    string UserId, string Server, string? Password, string DeviceId, bool Json, string DataFolder, double Linger, int? Until)
{
    public const string Platform = "desktop";
    private const double LongestLinger = 86_400;

    /// <summary>The public origin; valid when <see cref="Problem"/> is null.</summary>
    public Uri Origin => new(Server);

    /// <summary>The given password, or the one of everybody who gives none: known to all who read this.</summary>
    public string EffectivePassword => Password ?? $"imdapr-dev-{UserId}";

    /// <summary>What is wrong with the options; null when nothing is.</summary>
    public string? Problem() => this switch
    {
        _ when !Ids.IsValid(UserId) => "--as: " + IdRule,
        _ when !Ids.IsValid(DeviceId) => "--device: " + IdRule,
        _ when !IsWebAddress => "--server needs an http or https address",
        { Password: null, Origin.IsLoopback: false } => "--password is needed: the development password is for servers on this machine only",
        { Linger: not (>= 0 and <= LongestLinger) } => $"--linger takes 0 to {LongestLinger:F0} seconds",
        { Until: < 1 } => "--until takes 1 or more",
        _ => null,
    };

    private const string IdRule = "an id is 1-64 letters, digits, dots, underscores or hyphens and begins with a letter or digit";

    private bool IsWebAddress => Uri.TryCreate(Server, UriKind.Absolute, out var server) && server.Scheme is "http" or "https";
}
