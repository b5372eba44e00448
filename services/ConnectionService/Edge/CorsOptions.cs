using ImDapr.ServiceDefaults.Settings;

namespace ImDapr.ConnectionService.Edge;

[Settings("Cors")]
public sealed class CorsOptions
{
    /// <summary>Origins of browser apps that may call this one, each named by itself: <c>Cors__Origins__0</c> and so on.</summary>
    public string[] Origins { get; init; } = [];
}
