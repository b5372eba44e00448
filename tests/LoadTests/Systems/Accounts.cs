using System.Globalization;
using System.Text;
using ImDapr.LoadTests.Clients;
using MySqlConnector;

namespace ImDapr.LoadTests.Systems;

/// <summary>Users, written into user-service's table at once: registering each would cost a password hash. Their tokens are signed with the service's own key.</summary>
internal static class Accounts
{
    private const int RowsPerStatement = 1_000;

    /// <summary>Ids of equal length, in the order of their numbers.</summary>
    public static string IdOf(int user) => string.Create(CultureInfo.InvariantCulture, $"u{user:D5}");

    /// <summary>Makes so many users, the first of them with a device in the crowd.</summary>
    public static async Task CreateAsync(LoadSystem system, Crowd crowd, int users, int devices, CancellationToken cancellationToken)
    {
        await InsertAsync(system, users, cancellationToken);
        using var tokens = await AccessTokens.ReadKeyAsync(system.Database, cancellationToken);
        for (var user = 0; user < devices; user++)
            crowd.Add(IdOf(user), tokens.Issue(IdOf(user)));
    }

    private static async Task InsertAsync(LoadSystem system, int users, CancellationToken cancellationToken)
    {
        await using var connection = new MySqlConnection(system.Database);
        await connection.OpenAsync(cancellationToken);
        foreach (var chunk in Enumerable.Range(0, users).Chunk(RowsPerStatement))
        {
            var sql = new StringBuilder("INSERT INTO users (user_id, display_name, password_hash, created_at) VALUES ");
            sql.AppendJoin(',', chunk.Select(user => $"('{IdOf(user)}','{IdOf(user)}','',0)"));
            await using var command = new MySqlCommand(sql.ToString(), connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}
