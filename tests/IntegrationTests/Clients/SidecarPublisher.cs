using System.Net.Http.Json;
using ImDapr.Contracts;

namespace ImDapr.IntegrationTests.Clients;

/// <summary>Publishes through the HTTP API of a sidecar, as an application of another team would.</summary>
internal static class SidecarPublisher
{
    private static readonly HttpClient Http = new() { Timeout = ImClient.Patience };

    /// <param name="sidecar">HTTP API of any sidecar.</param>
    /// <param name="topic">Topic on the pub/sub component.</param>
    /// <param name="data">The event's data.</param>
    /// <param name="source">App id in whose name it is published.</param>
    /// <param name="type">The event's type; without one it is Dapr's default, which says nothing of a version.</param>
    public static async Task PublishAsync(Uri sidecar, string topic, object data, string source, string? type = null)
    {
        var path = $"v1.0/publish/{DaprNames.PubSub}/{topic}?metadata.cloudevent.source={Uri.EscapeDataString(source)}"
            + (type is null ? "" : $"&metadata.cloudevent.type={type}");
        using var response = await Http.PostAsync(new Uri(sidecar, path), JsonContent.Create(data, options: ContractsJson.Wire));
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }
}
