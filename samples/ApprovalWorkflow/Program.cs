using ImDapr.ApprovalWorkflow;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseUrls($"http://localhost:{builder.Configuration["APP_PORT"] ?? "5301"}");
builder.Services.AddDaprClient();
builder.Services.AddSingleton<Approvals>();

var app = builder.Build();
app.MapGet("/healthz", () => "ok");
app.MapPost("/requests", (NewRequest request, Approvals approvals, CancellationToken cancellationToken) =>
    approvals.AskAsync(request, cancellationToken));
app.MapPost("/requests/{id}/decision", async (string id, Decision decision, Approvals approvals, CancellationToken cancellationToken) =>
    await approvals.DecideAsync(id, decision, cancellationToken) ? Results.NoContent() : Results.NotFound());
app.Run();
