using ImDapr.DaprConformanceApp.Actors;
using ImDapr.DaprConformanceApp.Invocation;
using ImDapr.DaprConformanceApp.PubSub;
using ImDapr.DaprConformanceApp.Recording;

var builder = WebApplication.CreateBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
// The sidecar has its own limit, and that is the one under test.
builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = null);
builder.WebHost.UseUrls($"http://127.0.0.1:{Instance.Port}");
builder.Services.AddSingleton<RecordStore>().AddSingleton<Deafness>();
builder.Services.AddConformanceActors();

var app = builder.Build();
app.UseUnwrapping();
app.MapRecording();
app.MapInvocation();
app.MapConformanceActors();
app.MapSubscriptions();
var deafness = app.Services.GetRequiredService<Deafness>();
await app.RunAsync();
if (deafness.IsWanted)
    await Task.Delay(Timeout.InfiniteTimeSpan);
