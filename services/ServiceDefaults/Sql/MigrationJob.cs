using Dapr.Client;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ImDapr.ServiceDefaults.Sql;

/// <summary>
/// A service that is started with <c>--migrate</c> runs its migrations and nothing else: a Job that goes ahead of a new version (k8s/components/migrations).
/// What fails ends the process with an exception, and is tried again by the platform. A setting that is wrong ends it with a sentence.
/// </summary>
public static class MigrationJob
{
    private const string Argument = "--migrate";

    /// <param name="args">Of the program.</param>
    /// <param name="addMigrations">The same as for the service itself, or the Job would migrate other databases.</param>
    /// <returns>False when this is an ordinary start.</returns>
    public static async Task<bool> RunAsync(string[] args, Action<WebApplicationBuilder> addMigrations)
    {
        if (!args.Contains(Argument))
            return false;
        try
        {
            await RunAsync(addMigrations);
        }
        catch (OptionsValidationException wrong)
        {
            await Console.Error.WriteLineAsync(string.Join('\n', wrong.Failures));
            Environment.ExitCode = 1;
        }
        return true;
    }

    private static async Task RunAsync(Action<WebApplicationBuilder> addMigrations)
    {
        var builder = WebApplication.CreateBuilder();
        addMigrations(builder.AddServiceDefaults());
        await using var app = builder.Build();
        await ActivatorUtilities.CreateInstance<MigrationRunner>(app.Services).StartingAsync(CancellationToken.None);
        // The pod of a Job has ended when all of its containers have. A native sidecar ends by itself; to this it is all the same.
        await app.Services.GetRequiredService<DaprClient>().ShutdownSidecarAsync();
    }
}
