using System.Runtime.InteropServices;

namespace ImDapr.Chaos.Processes;

/// <summary>What a kernel can do to a process.</summary>
internal static partial class Signals
{
    private const int SigKill = 9;
    private const int SigCont = 18;
    private const int SigStop = 19;

    public static void Kill(int processId) => Send(processId, SigKill);

    /// <summary>Stops the process where it stands; its sockets stay open.</summary>
    public static void Pause(int processId) => Send(processId, SigStop);

    public static void Resume(int processId) => Send(processId, SigCont);

    private static void Send(int processId, int signal)
    {
        if (SendSignal(processId, signal) != 0)
            throw new InvalidOperationException($"Signal {signal} to process {processId} failed: error {Marshal.GetLastPInvokeError()}");
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
