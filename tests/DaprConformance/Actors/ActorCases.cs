using System.Text.Json;
using ImDapr.DaprConformance.Systems;

namespace ImDapr.DaprConformance.Actors;

/// <summary>Cases on actors whose app does what the test says. They live on conf-a; conf-b has none and calls.</summary>
public abstract class ActorCases(ConformanceSystem system) : Cases(system)
{
    protected const string Scripted = "ScriptedActor";
    protected const string Reentrant = "ReentrantActor";

    protected static string Path(string id, string rest, string type = Scripted) => $"/v1.0/actors/{type}/{id}/{rest}";

    protected Task<Answer> CallAsync(string id, string method, object? body = null, string type = Scripted, params (string, string)[] headers) =>
        B.SendAsync("PUT", Path(id, $"method/{method}", type), body, headers: headers);

    /// <summary>Activates an actor and answers with the instance that holds it.</summary>
    protected async Task<AppInstance> HostAsync(string id, string type = Scripted)
    {
        var port = (await CallAsync(id, "echo", "{}", type)).Is(200).Header("X-Instance");
        return System.Instances("conf-a").Single(app => $"{app.Port}" == port);
    }

    protected static Func<Recorded, bool> Method(string method) => record => record.Path.EndsWith($"/method/{method}", StringComparison.Ordinal);

    protected static async Task SaveAsync(AppInstance host, string id, string key, string json) =>
        (await host.SendAsync("PUT", Path(id, "state"), $$$"""[{"operation":"upsert","request":{"key":"{{{key}}}","value":{{{json}}}}}]""")).Is(204);

    /// <summary>What an actor of the SDK tells, asked until it is right.</summary>
    protected static Task<T> EventuallyAsync<T>(Func<Task<T>> ask, Func<T, bool> isRight) => UntilAsync(ask, isRight);

    protected static JsonElement Fire(Recorded record) => record.Json;
}
