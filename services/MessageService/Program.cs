using ImDapr.MessageService;
using ImDapr.MessageService.Conversations;
using ImDapr.MessageService.Entities;
using ImDapr.MessageService.FanOut;
using ImDapr.MessageService.Inbox;
using ImDapr.MessageService.Notifications;
using ImDapr.MessageService.Receipts;
using ImDapr.MessageService.Sending;
using ImDapr.MessageService.Timeline;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;
using ImDapr.ServiceDefaults.Sql;
using ImDapr.ServiceDefaults.Versions;
using Microsoft.Extensions.Options;

if (await MigrationJob.RunAsync(args, AddMigrations))
    return;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddImAuthentication();
AddMigrations(builder);
builder.AddSending().AddFanOut().AddInbox().AddTimeline().AddConversations().AddReceipts().AddNotifications();
builder.Services.AddOpenApi("message-service");

var app = builder.Build();
app.MapServiceDefaults();
app.UseInternalCalls();
app.UseNotifications();
app.MapActorsHandlers();
app.MapSending();
app.MapFanOut();
app.MapInbox();
app.MapTimeline();
app.MapConversations();
app.MapReceipts();
app.MapRelations();
app.MapNotifications();
app.MapOpenApi("/api/openapi/{documentName}.json");
app.Run();

static void AddMigrations(WebApplicationBuilder builder) => builder.AddEntities().AddMigrations(
    "message", typeof(Program).Assembly, provider => provider.GetRequiredService<IOptions<StorageOptions>>().Value.Bindings.Split(','));
