using ImDapr.StorageCosts;

// What each storage model and fan-out policy costs, on Redis and MariaDB: the tables of docs/storage-models.md.
var isQuick = args.Contains("--quick");
var table = new CostTable();
foreach (var model in new[] { "redis+mysql", "redis" })
{
    foreach (var policy in new[] { "copy", "reference", "timeline" })
    {
        await using var measurement = await Measurement.StartAsync(model, policy, isQuick ? [5] : [5, 50, 500]);
        foreach (var size in measurement.Sizes)
            table.Add(model, policy, size, await measurement.RunAsync(size, messages: isQuick ? 5 : 40));
    }
}
Console.WriteLine(table);
