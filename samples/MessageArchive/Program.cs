using ImDapr.MessageArchive;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseUrls($"http://localhost:{builder.Configuration["APP_PORT"] ?? "5302"}");
builder.Services.AddSingleton<Archive>();

var app = builder.Build();
app.UseCloudEvents();
app.MapSubscribeHandler();
app.MapGet("/healthz", () => "ok");
app.MapPost("/events/messages", (StoredMessages stored, Archive archive) => archive.Take(stored.Messages)).WithTopic("pubsub", "im.messages");
app.MapGet("/search", (string text, Archive archive) => archive.Search(text));
app.Run();
