using System.Net.Http.Headers;
using System.Text.Json;

namespace ImDapr.DaprConformance.Systems;

/// <summary>What a sidecar answered over HTTP.</summary>
public sealed record Answer(int Status, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonElement.Parse(Body);

    public string? ErrorCode => Json.GetProperty("errorCode").GetString();

    public string? Header(string name) => Headers.GetValueOrDefault(name.ToLowerInvariant());

    public override string ToString() => $"{Status} {Body}";

    public static async Task<Answer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken) => new(
        (int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken), Read([.. response.Headers, .. response.Content.Headers]));

    private static Dictionary<string, string> Read(IEnumerable<KeyValuePair<string, IEnumerable<string>>> headers) =>
        headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => string.Join(',', header.Value));

    /// <summary>Fails with the whole answer when the status is another one.</summary>
    public Answer Is(int status, string? errorCode = null)
    {
        Assert.True(status == Status, $"expected {status}, got {Status}: {Body}");
        if (errorCode is not null)
            Assert.Equal(errorCode, ErrorCode);
        return this;
    }

    internal static HttpContent? Content(object? body, string? contentType)
    {
        HttpContent? content = body switch
        {
            null => null,
            HttpContent ready => ready,
            byte[] bytes => new ByteArrayContent(bytes),
            string text => new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(text)),
            _ => new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(body)),
        };
        if (content is not null and not StreamContent)
            content.Headers.ContentType = contentType == "" ? null : MediaTypeHeaderValue.Parse(contentType ?? "application/json");
        return content;
    }
}
