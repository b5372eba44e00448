using System.IO.Compression;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ImDapr.LocalDapr.Bindings;
using ImDapr.LocalDapr.Resources;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace ImDapr.UnitTests.LocalDapr.Bindings;

public sealed class HttpBindingTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new();
    private HttpServerStub _server = null!;
    private IOutputBinding? _binding;

    public async Task InitializeAsync() => _server = await HttpServerStub.StartAsync();

    public async Task DisposeAsync()
    {
        if (_binding is not null)
            await _binding.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory]
    [InlineData("create", "POST", "data")]
    [InlineData("post", "POST", "data")]
    [InlineData("put", "PUT", "data")]
    [InlineData("patch", "PATCH", "data")]
    [InlineData("get", "GET", "")]
    [InlineData("head", "HEAD", "")]
    [InlineData("delete", "DELETE", "")]
    [InlineData("options", "OPTIONS", "")]
    [InlineData("trace", "TRACE", "")]
    public async Task An_operation_is_a_method_and_some_have_a_body(string operation, string method, string body)
    {
        await InvokeAsync(operation);

        var request = Assert.Single(_server.Requests);
        Assert.Equal(($"{method} /", body), (request.Line, request.Body));
        Assert.Equal(body.Length > 0 ? "application/json; charset=utf-8" : null, request.Headers.GetValueOrDefault("Content-Type"));
        Assert.Equal("application/json; charset=utf-8", request.Headers["Accept"]);
    }

    [Theory]
    [InlineData("", "", "/")]
    [InlineData("/api/", "", "/api/")]
    [InlineData("/api/", "/users", "/api/users")]
    [InlineData("/api", "users/7?x=a%20b&y=", "/api/users/7?x=a%20b&y=")]
    [InlineData("/api", "../admin/./%2e%2E", "/api/../admin/./%2e%2E")]
    [InlineData("/api", "a b/é\"#part", "/api/a%20b/%C3%A9%22")]
    public async Task The_path_is_joined_with_one_slash_and_sent_as_it_is(string url, string path, string target)
    {
        await OpenAsync(("url", _server.Url + url));

        await InvokeAsync("get", ("path", path));

        Assert.Equal($"GET {target}", Assert.Single(_server.Requests).Line);
    }

    [Fact]
    public async Task Metadata_with_a_capital_are_headers_and_others_are_not()
    {
        await InvokeAsync(
            "post", ("X-Mine", "1"), ("xYours", "2"), ("Content-Type", "text/plain"), ("Accept", "*/*"), ("User-Agent", "me"), ("Host", "elsewhere"),
            ("Content-Length", "99"));

        var headers = Assert.Single(_server.Requests).Headers;
        Assert.Equal(("1", "text/plain", "*/*", "me"), (headers["X-Mine"], headers["Content-Type"], headers["Accept"], headers["User-Agent"]));
        Assert.Equal((new Uri(_server.Url).Authority, "4"), (headers["Host"], headers["Content-Length"]));
        Assert.DoesNotContain("xYours", headers);
    }

    [Fact]
    public async Task A_header_of_a_body_can_be_sent_without_one()
    {
        await InvokeAsync("get", ("Content-Type", "text/plain"));

        Assert.Equal("text/plain", Assert.Single(_server.Requests).Headers["Content-Type"]);
    }

    [Fact]
    public async Task The_security_token_is_a_header_that_a_call_can_replace()
    {
        await OpenAsync(("securityToken", "secret"), ("securityTokenHeader", "X-Token"));

        await InvokeAsync("get");
        await InvokeAsync("get", ("X-Token", "other"));

        Assert.Equal(["secret", "other"], _server.Requests.Select(request => request.Headers["X-Token"]));
    }

    [Fact]
    public async Task What_the_call_is_part_of_goes_on()
    {
        await InvokeAsync("get", ("traceparent", "00-1-2-01"), ("tracestate", "a=b"), ("baggage", "c=d"), ("Traceparent", "ignored"));

        var headers = Assert.Single(_server.Requests).Headers;
        Assert.Equal(("00-1-2-01", "a=b", "c=d"), (headers["traceparent"], headers["tracestate"], headers["baggage"]));
    }

    [Fact]
    public async Task An_answer_is_its_body_its_status_and_its_headers()
    {
        _server.Answer = context =>
        {
            context.Response.StatusCode = 201;
            context.Response.Headers["x-REQUEST-id"] = "7";
            context.Response.Headers.ETag = "\"e\"";
            context.Response.Headers.SetCookie = new(["a=1", "b=2"]);
            return context.Response.WriteAsync("created");
        };

        var result = await InvokeAsync("post");

        Assert.Equal("created", Encoding.UTF8.GetString(result.Data!));
        Assert.Equal(("201", "201 Created"), (result.Metadata["statusCode"], result.Metadata["status"]));
        Assert.Equal(("7", "\"e\"", "a=1, b=2"), (result.Metadata["X-Request-Id"], result.Metadata["Etag"], result.Metadata["Set-Cookie"]));
        Assert.DoesNotContain("Transfer-Encoding", result.Metadata);
    }

    [Fact]
    public async Task An_empty_answer_is_data_of_no_bytes()
    {
        _server.Answer = context => Task.FromResult(context.Response.StatusCode = 204);

        Assert.Empty((await InvokeAsync("delete")).Data!);
    }

    [Theory]
    [InlineData(null, null, true)]
    [InlineData("false", null, false)]
    [InlineData("false", "true", true)]
    [InlineData("true", "no", false)]
    [InlineData(null, " Yes ", true)]
    public async Task A_status_but_2xx_is_an_error_unless_component_or_call_says_otherwise(string? ofComponent, string? ofCall, bool isError)
    {
        _server.Answer = context =>
        {
            context.Response.StatusCode = 418;
            context.Response.Headers["X-Why"] = "tea";
            return Task.CompletedTask;
        };
        await OpenAsync(("errorIfNot2XX", ofComponent ?? ""));

        var call = InvokeAsync("get", ("errorIfNot2XX", ofCall ?? ""));

        var metadata = isError ? (await Assert.ThrowsAsync<BindingException>(() => call)).Metadata! : (await call).Metadata;
        Assert.Equal(("418", "tea"), (metadata["statusCode"], metadata["X-Why"]));
        Assert.Equal(isError ? "received status code 418" : null, call.Exception?.InnerException!.Message);
    }

    [Theory]
    [InlineData("3", "012")]
    [InlineData("0.004k", "0123")]
    [InlineData("0", "0123456789")]
    [InlineData("-1", "0123456789")]
    public async Task A_long_answer_is_cut(string size, string kept)
    {
        _server.Answer = context => context.Response.WriteAsync("0123456789");
        await OpenAsync(("maxResponseBodySize", size));

        Assert.Equal(kept, Encoding.UTF8.GetString((await InvokeAsync("get")).Data!));
    }

    [Fact]
    public async Task An_answer_that_takes_too_long_is_an_error()
    {
        var asked = new TaskCompletionSource();
        _server.Answer = context =>
        {
            asked.SetResult();
            return Components.UntilCancelledAsync(context.RequestAborted);
        };
        await OpenAsync(("responseTimeout", "10s"));

        var call = InvokeAsync("get");
        await asked.Task.WaitAsync(Components.Patience);
        _time.Advance(TimeSpan.FromSeconds(10));

        var error = await Assert.ThrowsAsync<BindingException>(() => call.WaitAsync(Components.Patience));
        Assert.Equal($"Get \"{_server.Url}/\": context deadline exceeded", error.Message);
    }

    [Theory]
    [InlineData(301, "post", "GET", "")]
    [InlineData(302, "delete", "GET", "")]
    [InlineData(303, "put", "GET", "")]
    [InlineData(303, "head", "HEAD", "")]
    [InlineData(307, "post", "POST", "data")]
    [InlineData(308, "delete", "DELETE", "")]
    public async Task A_redirect_is_followed_as_Go_does(int status, string operation, string method, string body)
    {
        RedirectOnce(status, "../next?to=http://x/");

        var result = await InvokeAsync(operation, ("path", "/deep/first"), ("X-Mine", "1"));

        var last = _server.Requests.Last();
        Assert.Equal((2, "200", $"{method} /next?to=http://x/", body), (_server.Requests.Count, result.Metadata["statusCode"], last.Line, last.Body));
        Assert.Equal(("1", $"{_server.Url}/deep/first"), (last.Headers["X-Mine"], last.Headers["Referer"]));
        Assert.Equal(body.Length > 0, last.Headers.ContainsKey("Content-Type"));
    }

    [Theory]
    [InlineData(302, "")]
    [InlineData(304, "/next")]
    [InlineData(300, "/next")]
    public async Task What_leads_nowhere_is_an_answer(int status, string location)
    {
        RedirectOnce(status, location);

        var error = await Assert.ThrowsAsync<BindingException>(() => InvokeAsync("get"));

        Assert.Equal($"received status code {status}", error.Message);
    }

    [Fact]
    public async Task Redirects_end_after_ten_requests()
    {
        _server.Answer = context =>
        {
            context.Response.Redirect("/again");
            return Task.CompletedTask;
        };

        var error = await Assert.ThrowsAsync<BindingException>(() => InvokeAsync("get"));

        Assert.EndsWith("stopped after 10 redirects", error.Message);
        Assert.Equal(10, _server.Requests.Count);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("localhost", false)]
    public async Task Credentials_stay_with_their_host(string host, bool travel)
    {
        RedirectOnce(302, $"http://{host}:{new Uri(_server.Url).Port}/next");

        await InvokeAsync("get", ("Authorization", "Bearer secret"), ("X-Mine", "1"));

        var last = _server.Requests.Last();
        Assert.Equal((travel, true), (last.Headers.ContainsKey("Authorization"), last.Headers.ContainsKey("X-Mine")));
    }

    [Fact]
    public async Task User_and_password_of_the_address_are_sent_and_not_told()
    {
        await OpenAsync(("url", _server.Url.Replace("://", "://me:p%40ss@")));
        _server.Answer = context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };

        var error = await Assert.ThrowsAsync<BindingException>(() => InvokeAsync("get"));

        Assert.Equal($"Basic {Convert.ToBase64String("me:p@ss"u8)}", _server.Requests.First().Headers["Authorization"]);
        Assert.StartsWith("Get \"http://me:***@127.0.0.1", error.Message);
    }

    [Fact]
    public async Task Gzip_that_nobody_asked_for_is_unpacked()
    {
        _server.Answer = async context =>
        {
            using var packed = new MemoryStream();
            await using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
                await gzip.WriteAsync("plain"u8.ToArray());
            context.Response.Headers.ContentEncoding = "gzip";
            context.Response.ContentLength = packed.Length;
            await context.Response.Body.WriteAsync(packed.ToArray());
        };

        var unpacked = await InvokeAsync("get");
        var packed = await InvokeAsync("get", ("Accept-Encoding", "gzip"));

        Assert.Equal("plain", Encoding.UTF8.GetString(unpacked.Data!));
        Assert.DoesNotContain("Content-Encoding", unpacked.Metadata);
        Assert.DoesNotContain("Content-Length", unpacked.Metadata);
        Assert.Equal(("gzip", 0x1f), (packed.Metadata["Content-Encoding"], packed.Data![0]));
        Assert.All(_server.Requests, request => Assert.Equal("gzip", request.Headers["Accept-Encoding"]));
    }

    [Theory]
    [InlineData("http://127.0.0.1:1", "", "Get \"http://127.0.0.1:1/\": ")]
    [InlineData("http://127.0.0.1:1", "%zz", "parse \"http://127.0.0.1:1/%zz\": invalid URL escape \"%zz\"")]
    [InlineData("http://127.0.0.1:1", "a\tb", "parse \"http://127.0.0.1:1/a\tb\": net/url: invalid control character in URL")]
    [InlineData("ftp://127.0.0.1:1", "", "\"ftp://127.0.0.1:1\": unsupported protocol scheme")]
    [InlineData("", "", "\"\": unsupported protocol scheme")]
    [InlineData("", "/etc/passwd", "\"/etc/passwd\": unsupported protocol scheme")]
    public async Task An_address_that_does_not_answer_is_an_error(string url, string path, string message)
    {
        await OpenAsync(("url", url));

        var error = await Assert.ThrowsAsync<BindingException>(() => InvokeAsync("get", ("path", path)));

        Assert.StartsWith(message, error.Message);
    }

    [Fact]
    public async Task A_header_that_would_be_two_is_refused()
    {
        var error = await Assert.ThrowsAsync<BindingException>(() => InvokeAsync("get", ("X-Mine", "1\r\nX-Yours: 2")));

        Assert.Equal("net/http: invalid header field value for \"X-Mine\"", error.Message);
    }

    [Fact]
    public async Task Both_sides_show_certificates_that_metadata_name()
    {
        using var folder = new TempFolder();
        using var authority = Certificate("authority", null);
        using var ofServer = Certificate("server", authority);
        using var ofClient = Certificate("client", authority);
        await using var server = await HttpServerStub.StartAsync(ofServer);
        server.Answer = context => context.Response.WriteAsync(context.Connection.ClientCertificate!.Subject);
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "ca.pem"), authority.ExportCertificatePem());
        (string, string)[] known =
        [
            ("url", server.Url),
            ("MTLSRootCA", "ca.pem"),
            ("mtlsClientCert", ofClient.ExportCertificatePem()),
            ("mtlsClientKey", ofClient.GetRSAPrivateKey()!.ExportPkcs8PrivateKeyPem()),
        ];

        await OpenAsync(folder.Path, known);
        var answer = await InvokeAsync("get");
        await OpenAsync(folder.Path, [.. known, ("MTLSRootCA", ofClient.ExportCertificatePem())]);
        await Assert.ThrowsAsync<BindingException>(() => InvokeAsync("get"));
        await OpenAsync(folder.Path, [.. known, ("mtlsClientKey", "")]);
        await Assert.ThrowsAsync<BindingException>(() => InvokeAsync("get"));

        Assert.Equal("CN=client", Encoding.UTF8.GetString(answer.Data!));
    }

    [Theory]
    [InlineData("maxResponseBodySize", "much")]
    [InlineData("responseTimeout", "long")]
    [InlineData("mtlsRenegotiation", "Sometimes")]
    [InlineData("mtlsRootCA", "missing.pem")]
    [InlineData("mtlsClientCert", "missing.pem")]
    public async Task Metadata_that_cannot_be_used_name_the_file(string name, string value)
    {
        var error = await Assert.ThrowsAsync<ComponentException>(() => OpenAsync(("mtlsClientKey", "key"), (name, value)));

        Assert.Contains("test.yaml", error.Message);
        Assert.Contains(name, error.Message);
    }

    private static X509Certificate2 Certificate(string name, X509Certificate2? issuer)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(issuer is null, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(System.Net.IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        var (from, until) = (DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow.AddHours(1));
        if (issuer is null)
            return request.CreateSelfSigned(from, until);
        using var signed = request.Create(issuer, from.AddMinutes(1), until.AddMinutes(-1), RandomNumberGenerator.GetBytes(8));
        return signed.CopyWithPrivateKey(key);
    }

    private void RedirectOnce(int status, string location) => _server.Answer = context =>
    {
        if (_server.Requests.Count == 1)
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = location;
        }
        return Task.CompletedTask;
    };

    private Task OpenAsync(params (string Name, string Value)[] metadata) => OpenAsync("/", metadata);

    private async Task OpenAsync(string folder, (string Name, string Value)[] metadata)
    {
        if (_binding is not null)
            await _binding.DisposeAsync();
        _binding = OutputBindings.Create(
            Components.Spec("bindings.http", folder, [("url", _server.Url), .. metadata]), _time, NullLoggerFactory.Instance);
        await _binding.InitAsync(CancellationToken.None);
    }

    private async Task<BindingResult> InvokeAsync(string operation, params (string Name, string Value)[] metadata)
    {
        if (_binding is null)
            await OpenAsync();
        var call = new BindingCall(operation, "data"u8.ToArray(), metadata.ToDictionary(pair => pair.Name, pair => pair.Value));
        return await _binding!.InvokeAsync(call, CancellationToken.None);
    }
}
