using System.ComponentModel;
using System.Diagnostics;

namespace ImDapr.KubernetesTests.Rendering;

/// <summary>
/// Renders kustomizations with the program that a platform team applies them with. Without it these tests fail: skipped, they would show nothing.
/// </summary>
internal static class Kubectl
{
    public static string Kustomize(string folder)
    {
        using var kubectl = Start(folder);
        var error = kubectl.StandardError.ReadToEndAsync();
        var output = kubectl.StandardOutput.ReadToEnd();
        kubectl.WaitForExit();
        return kubectl.ExitCode == 0 ? output : throw new InvalidOperationException($"kubectl kustomize {folder}: {error.GetAwaiter().GetResult()}");
    }

    private static Process Start(string folder)
    {
        try
        {
            return Process.Start(new ProcessStartInfo("kubectl", ["kustomize", folder]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        }
        catch (Win32Exception missing)
        {
            throw new InvalidOperationException(
                "These tests render k8s/ with kubectl, which is not on PATH: install kubectl 1.27 or newer. No cluster is needed.", missing);
        }
    }
}
