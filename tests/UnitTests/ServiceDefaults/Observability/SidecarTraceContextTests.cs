using ImDapr.ServiceDefaults.Observability;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;

namespace ImDapr.UnitTests.ServiceDefaults.Observability;

public sealed class SidecarTraceContextTests
{
    private const string TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Theory]
    [InlineData("secret", "secret", TraceParent)]
    [InlineData("secret", "other", null)]
    [InlineData("secret", null, null)]
    [InlineData(null, null, TraceParent)]
    public void Only_the_sidecars_trace_is_taken_over(string? token, string? given, string? expected)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("APP_API_TOKEN", token)]).Build();
        var headers = new HeaderDictionary { ["traceparent"] = TraceParent, ["baggage"] = "a=b" };
        if (given is not null)
            headers["dapr-api-token"] = given;
        var context = new SidecarTraceContext(configuration);

        context.ExtractTraceIdAndState(headers, Get, out var traceParent, out _);

        Assert.Equal(expected, traceParent);
        Assert.Null(context.ExtractBaggage(headers, Get));
    }

    private static void Get(object? carrier, string name, out string? value, out IEnumerable<string>? values) =>
        (value, values) = (((HeaderDictionary)carrier!)[name], null);
}
