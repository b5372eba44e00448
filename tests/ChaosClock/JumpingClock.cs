using System.Globalization;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;

[assembly: HostingStartup(typeof(ImDapr.ChaosClock.JumpingClockStartup))]

namespace ImDapr.ChaosClock;

/// <summary>Gives a service a clock that jumps (ASPNETCORE_HOSTINGSTARTUPASSEMBLIES). The service's own code knows nothing of it.</summary>
public sealed class JumpingClockStartup : IHostingStartup
{
    /// <summary>The variable that names the file with the jump, in seconds; no file means none.</summary>
    public const string FileVariable = "CHAOS_CLOCK_FILE";

    public void Configure(IWebHostBuilder builder)
    {
        if (Environment.GetEnvironmentVariable(FileVariable) is { Length: > 0 } file)
            builder.ConfigureServices(services => services.AddSingleton<TimeProvider>(new JumpingClock(file)));
    }
}

/// <summary>The system's clock plus what a file says, as after a correction by NTP or an operator: only the time of day jumps, timers do not.</summary>
public sealed class JumpingClock : TimeProvider, IDisposable
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);
    private readonly string _file;
    private readonly Timer _timer;
    private long _offsetTicks;

    public JumpingClock(string file)
    {
        _file = file;
        _timer = new Timer(_ => Look(), null, TimeSpan.Zero, LookEvery);
    }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _offsetTicks));

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var text = File.Exists(_file) ? File.ReadAllText(_file) : "";
        var seconds = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var given) ? given : 0;
        Volatile.Write(ref _offsetTicks, TimeSpan.FromSeconds(seconds).Ticks);
    }
}
