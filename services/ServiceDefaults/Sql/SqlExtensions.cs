using System.Reflection;
using ImDapr.ServiceDefaults.Health;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace ImDapr.ServiceDefaults.Sql;

public static class SqlExtensions
{
    /// <summary>SQL through the binding <c>entities</c>, and this service's migrations run before it listens.</summary>
    public static WebApplicationBuilder AddMigrations(this WebApplicationBuilder builder, string schema, Assembly assembly)
    {
        builder.Services.AddSingleton<SqlClient>();
        builder.Services.AddEntitiesReadiness();
        builder.Services.AddSingleton(new MigrationSet(schema, assembly));
        builder.Services.AddHostedService<MigrationRunner>();
        return builder;
    }
}
