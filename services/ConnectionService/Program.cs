using ImDapr.ConnectionService.Delivery;
using ImDapr.ConnectionService.Edge;
using ImDapr.ConnectionService.Hubs;
using ImDapr.ConnectionService.Presence;
using ImDapr.ConnectionService.Sending;
using ImDapr.ConnectionService.Sessions;
using ImDapr.ServiceDefaults.Actors;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddImAuthentication();
builder.AddHub().AddBackplane(await BackplaneDiscovery.FindAsync(builder.Configuration));
builder.AddSessions().AddSending().AddPresence().AddDelivery().AddEdge();
builder.Services.AddUserActorClient();

var app = builder.Build();
app.UseSidecarOnly();
app.MapServiceDefaults();
app.UseCors();
app.UseAuthentication();
app.UseAuthorization();
app.MapHub();
app.MapSessions();
app.MapDelivery();
app.MapEdge();
app.Run();
