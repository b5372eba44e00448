using System.Net;
using System.Reflection;
using System.Runtime.CompilerServices;
using ImDapr.ConnectionService.Edge;
using ImDapr.ConnectionService.Sending;
using ImDapr.Contracts;
using ImDapr.MessageService.Conversations;

namespace ImDapr.KubernetesTests.Services;

/// <summary>
/// Who calls which route through service invocation, as the code does it. Actor calls and events are none: no access policy is asked for them.
/// </summary>
internal static class Invocations
{
    public static async Task<IReadOnlySet<(string Caller, Route Route)>> AllAsync() => new HashSet<(string, Route)>(
        (await OfConnectionServiceAsync()).Concat(KeysFor(DaprNames.ConnectionService)).Concat(OfTheEdge())
        .Select(route => (DaprNames.ConnectionService, route))
            .Concat((await OfMessageServiceAsync()).Concat(KeysFor(DaprNames.MessageService)).Select(route => (DaprNames.MessageService, route))));

    private static async Task<IEnumerable<Route>> OfConnectionServiceAsync()
    {
        using var recorder = new Recorder(DaprNames.MessageService);
        var client = new MessageServiceClient(recorder.Client);
        foreach (var call in typeof(MessageServiceClient).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly))
            await recorder.RecordAsync(() => (Task)call.Invoke(client, [.. call.GetParameters().Select(Argument)])!);
        return recorder.Routes;
    }

    private static async Task<IEnumerable<Route>> OfMessageServiceAsync()
    {
        using var recorder = new Recorder(DaprNames.UserService);
        using var cache = new DirectoryCache();
        var directory = new UserDirectory(recorder.Client, cache);
        await recorder.RecordAsync(() => directory.ExistingAsync(["x"], CancellationToken.None));
        await recorder.RecordAsync(() => directory.BlockedAsync([new BlockPair("x", "y")], CancellationToken.None));
        await recorder.RecordAsync(() => directory.ContactsAsync([new ContactPair("x", "y")], CancellationToken.None));
        await recorder.RecordAsync(() => directory.GroupAsync("x", CancellationToken.None));
        return recorder.Routes;
    }

    /// <summary>The standard handler of bearer tokens follows what the first document says (AddImAuthentication).</summary>
    private static IEnumerable<Route> KeysFor(string caller) =>
        ServiceApp.Of(DaprNames.UserService).Routes.Where(route => caller != route.AppId && route.Path.StartsWith("/.well-known/", StringComparison.Ordinal));

    /// <summary>What the public origin forwards.</summary>
    private static IEnumerable<Route> OfTheEdge()
    {
        var verbs = ServiceApp.Of(DaprNames.ConnectionService).Routes.Where(route => route.Path == "/api/x").Select(route => route.Verb).ToHashSet();
        return ServiceApp.All.SelectMany(app => app.Routes).Where(route => EdgeRoutes.Find(route.Path)?.AppId == route.AppId && verbs.Contains(route.Verb));
    }

    private static object? Argument(ParameterInfo parameter) =>
        parameter.ParameterType.IsValueType ? Activator.CreateInstance(parameter.ParameterType)
            : RuntimeHelpers.GetUninitializedObject(parameter.ParameterType);

    /// <summary>Takes down what is called, and refuses it.</summary>
    private sealed class Recorder(string appId) : HttpMessageHandler
    {
        public List<Route> Routes { get; } = [];

        public HttpClient Client => new(this, disposeHandler: false) { BaseAddress = new Uri($"http://{appId}") };

        public async Task RecordAsync(Func<Task> call)
        {
            var before = Routes.Count;
            await Assert.ThrowsAsync<HttpRequestException>(call);
            Assert.Equal(before + 1, Routes.Count);
        }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Routes.Add(new Route(appId, request.Method.Method, request.RequestUri!.AbsolutePath));
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.ServiceUnavailable));
        }
    }
}
