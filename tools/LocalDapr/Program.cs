using System.CommandLine;
using ImDapr.LocalDapr.Runner;

var file = new Option<string>("--run-file", "-f") { Description = "The multi-app run file", DefaultValueFactory = _ => "dapr.yaml" };
var resources = new Option<string[]>("--resources") { Description = "Resources folder instead of those of the run file", AllowMultipleArgumentsPerToken = true };
var servers = new Option<bool>("--start-servers") { Description = "Start private Redis and MySQL servers from the binaries on PATH, data under .imdapr/" };
var command = new RootCommand("Runs the apps of dapr.yaml, each beside a Dapr-compatible sidecar, without Dapr installed.") { file, resources, servers };
command.SetAction((parsed, cancellationToken) => RunCommand.RunAsync(
    new RunOptions(parsed.GetValue(file)!, parsed.GetValue(resources) ?? [], parsed.GetValue(servers)), cancellationToken));
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
