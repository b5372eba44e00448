using System.Globalization;
using System.Text;

namespace ImDapr.StorageCosts;

/// <summary>What the messages of one group cost, per message.</summary>
/// <param name="SyncMilliseconds">Of one member who was away and reads everything.</param>
public sealed record Cost(Stored Stored, Operations Send, Operations Acknowledge, Operations Sync, double SyncMilliseconds);

/// <summary>How much lies in the stores.</summary>
/// <param name="RedisBytes">Of all keys but streams, as Redis counts them itself (MEMORY USAGE).</param>
/// <param name="MySqlBytes">Of the values in the tables of messages and inboxes, without indexes.</param>
public readonly record struct Stored(double MySqlRows, double MySqlBytes, double RedisKeys, double RedisBytes)
{
    public static Stored operator -(Stored a, Stored b) =>
        new(a.MySqlRows - b.MySqlRows, a.MySqlBytes - b.MySqlBytes, a.RedisKeys - b.RedisKeys, a.RedisBytes - b.RedisBytes);

    public Stored Per(int messages) => new(MySqlRows / messages, MySqlBytes / messages, RedisKeys / messages, RedisBytes / messages);
}

/// <summary>Statements and commands that the stores have executed.</summary>
public readonly record struct Operations(double MySql, double Redis)
{
    public static Operations operator -(Operations a, Operations b) => new(a.MySql - b.MySql, a.Redis - b.Redis);

    public Operations Per(int messages) => new(MySql / messages, Redis / messages);
}

/// <summary>The costs as Markdown.</summary>
public sealed class CostTable
{
    private readonly StringBuilder _text = new StringBuilder()
        .AppendLine("| storage model | policy | members | MySQL rows | MySQL bytes | Redis keys | Redis bytes | send: SQL | send: Redis | all ack: SQL | all ack: Redis | one sync: SQL | one sync: Redis | one sync: ms |")
        .AppendLine("| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");

    public void Add(string model, string policy, int members, Cost cost)
    {
        string[] cells =
        [
            model, policy, $"{members}",
            Number(cost.Stored.MySqlRows), Number(cost.Stored.MySqlBytes), Number(cost.Stored.RedisKeys), Number(cost.Stored.RedisBytes),
            Number(cost.Send.MySql), Number(cost.Send.Redis), Number(cost.Acknowledge.MySql), Number(cost.Acknowledge.Redis),
            Number(cost.Sync.MySql), Number(cost.Sync.Redis), Number(cost.SyncMilliseconds),
        ];
        _text.AppendLine($"| {string.Join(" | ", cells)} |");
        Console.WriteLine($"{model} {policy} {members}: {cost}");
    }

    public override string ToString() => _text.ToString();

    private static string Number(double value) => value.ToString(Math.Abs(value) < 10 ? "0.0" : "0", CultureInfo.InvariantCulture);
}
