using System.Runtime.Loader;

/// <summary>Makes this assembly known to a service that has never heard of it (DOTNET_STARTUP_HOOKS), so that ASP.NET Core finds the hosting startup in it.</summary>
/// <remarks>Name, place and shape are the runtime's: a class without a namespace and a static Initialize.</remarks>
internal static class StartupHook
{
    public static void Initialize() => AssemblyLoadContext.Default.LoadFromAssemblyPath(typeof(StartupHook).Assembly.Location);
}
