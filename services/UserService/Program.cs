using ImDapr.ServiceDefaults.Hosting;
using ImDapr.ServiceDefaults.Sql;
using ImDapr.ServiceDefaults.Versions;
using ImDapr.UserService;
using ImDapr.UserService.Accounts;
using ImDapr.UserService.Contacts;
using ImDapr.UserService.Devices;
using ImDapr.UserService.Groups;
using ImDapr.UserService.Tokens;

if (await MigrationJob.RunAsync(args, AddMigrations))
    return;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
AddMigrations(builder);
builder.AddTokens().AddAccounts().AddDevices().AddRelations().AddContacts().AddGroups();
builder.Services.AddOpenApi("user-service");

var app = builder.Build();
app.MapServiceDefaults();
app.UseInternalCalls();
app.MapAccounts();
app.MapSessions();
app.MapDevices();
app.MapContacts();
app.MapBlocks();
app.MapGroups();
app.MapDirectory();
app.MapDiscovery();
app.MapOpenApi("/api/openapi/{documentName}.json");
app.Run();

static void AddMigrations(WebApplicationBuilder builder) => builder.AddMigrations("user", typeof(Program).Assembly);
