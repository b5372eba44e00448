namespace ImDapr.DaprConformanceApp.Recording;

/// <summary>The app stops listening and its process goes on: what a sidecar sees of an app that has crashed beside it.</summary>
public sealed class Deafness(IHostApplicationLifetime host)
{
    public bool IsWanted { get; private set; }

    public void Begin()
    {
        IsWanted = true;
        host.StopApplication();
    }
}
