namespace ImDapr.UnitTests.LocalDapr;

/// <summary>A folder of the test's own, gone with everything in it when disposed.</summary>
public sealed class TempFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("imdapr-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
