using ImDapr.StorageCosts;

// What each storage model and fan-out policy costs, on Redis and MariaDB: the table of docs/storage-models.md.
// --model redis --policy copy: one of the six; --quick: a small group and few messages, to see that it runs.
var isQuick = args.Contains("--quick");
var table = new CostTable();
foreach (var model in Chosen("--model", "redis+mysql", "redis"))
{
    foreach (var policy in Chosen("--policy", "copy", "reference", "timeline"))
    {
        await using var measurement = await Measurement.StartAsync(model, policy, isQuick ? [5] : [5, 50, 500]);
        foreach (var size in measurement.Sizes)
            table.Add(model, policy, size, await measurement.RunAsync(size, messages: isQuick ? 5 : 40));
    }
}
Console.WriteLine(table);

IEnumerable<string> Chosen(string option, params string[] all) =>
    all.Where(value => Array.IndexOf(args, option) is var i && (i < 0 || i + 1 < args.Length && args[i + 1] == value));
