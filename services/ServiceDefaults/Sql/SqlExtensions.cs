using System.Reflection;
using Dapr.Client;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Health;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ImDapr.ServiceDefaults.Sql;

public static class SqlExtensions
{
    /// <summary>SQL through the binding <c>entities</c>, and this service's migrations run before it listens.</summary>
    public static WebApplicationBuilder AddMigrations(this WebApplicationBuilder builder, string schema, Assembly assembly)
    {
        // Services whose rows are not spread use it by itself.
        builder.Services.AddSingleton(provider => provider.GetRequiredService<SqlShards>().All.Single());
        return builder.AddMigrations(schema, assembly, _ => [DaprNames.Entities]);
    }

    /// <summary>SQL through several bindings, each with this service's tables; its migrations run before it listens.</summary>
    /// <param name="bindings">Their names, in the order that decides what is where.</param>
    public static WebApplicationBuilder AddMigrations(
        this WebApplicationBuilder builder, string schema, Assembly assembly, Func<IServiceProvider, IReadOnlyList<string>> bindings)
    {
        builder.Services.AddSingleton(provider =>
            new SqlShards([.. bindings(provider).Select(binding => new SqlClient(provider.GetRequiredService<DaprClient>(), binding))]));
        builder.Services.AddEntitiesReadiness();
        builder.Services.AddSingleton(new MigrationSet(schema, assembly));
        builder.Services.AddHostedService<MigrationRunner>();
        return builder;
    }
}
