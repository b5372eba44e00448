namespace ImDapr.DaprConformanceApp.Recording;

/// <summary>One request that an instance got from its sidecar.</summary>
/// <param name="At">When, in milliseconds of a clock that only runs forward on one machine.</param>
/// <param name="Port">Port of the instance: tells two instances of one app apart.</param>
public sealed record Recorded(
    long At, string AppId, int Port, string Method, string Path, string Query, IReadOnlyDictionary<string, string> Headers, string Body);
