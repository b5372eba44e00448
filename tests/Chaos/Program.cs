using System.CommandLine;
using ImDapr.Chaos;

var seed = new Option<int>("--seed") { Description = "Reproduces the choices of a run", DefaultValueFactory = _ => Random.Shared.Next(1, 10_000) };
var isShort = new Option<bool>("--short") { Description = "The few faults that are tried with every change" };
var embedded = new Option<bool>("--embedded") { Description = "On SQLite, without Redis and MariaDB: process faults only" };
var previous = new Option<string?>("--previous") { Description = "A built checkout of an older version: instead of breaking anything, the run replaces it by this one, instance by instance, and goes back" };
var only = new Option<string?>("--only") { Description = "Only faults whose name contains this" };
var messages = new Option<int?>("--messages") { Description = "Talk on after the last fault until so many messages have been acknowledged (200,000 in a whole run)" };
var minutes = new Option<double>("--minutes") { Description = "Break off, and fail, after so many minutes", DefaultValueFactory = _ => 60 };
var command = new RootCommand("Breaks a running ImDapr in every way that production knows, and holds it to its promise: what was acknowledged is never lost.")
{
    seed, isShort, embedded, previous, only, messages, minutes,
};
command.SetAction(async (parsed, cancellationToken) =>
{
    var options = new ChaosOptions(
        parsed.GetValue(seed), parsed.GetValue(isShort), parsed.GetValue(embedded), parsed.GetValue(previous), parsed.GetValue(only),
        parsed.GetValue(messages) ?? (parsed.GetValue(isShort) || parsed.GetValue(previous) is not null || parsed.GetValue(only) is not null ? 0 : 200_000),
        TimeSpan.FromMinutes(parsed.GetValue(minutes)));
    var report = new Report(options);
    using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
    limit.CancelAfter(options.Limit);
    var isBroken = false;
    try
    {
        await new ChaosRun(options, report).RunAsync(limit.Token);
    }
    catch (Exception failure)
    {
        isBroken = true;
        report.Break(failure);
    }
    return report.Finish(isBroken);
});
return await command.Parse(args).InvokeAsync();
