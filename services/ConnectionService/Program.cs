using ImDapr.ConnectionService;
using ImDapr.ConnectionService.Delivery;
using ImDapr.ConnectionService.Edge;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddImAuthentication();
builder.AddSending().AddDelivery().AddPresence().AddEdge();
await builder.AddHubAsync();

var app = builder.Build();
app.UseCors();
app.MapServiceDefaults();
app.MapHub();
app.MapDelivery();
app.MapEdge();
app.Run();
