using System.Net;
using System.Net.Sockets;

namespace ImDapr.IntegrationTests.Stacks;

/// <summary>
/// Ports for servers, below those that the system hands out to clients: a free one stays free until its server starts. Test programs that run side by
/// side keep apart by a locked file for each port that one of them has taken.
/// </summary>
internal static class FreePorts
{
    private const int First = 20_000;
    private const int Last = 30_000;
    private static readonly string Locks = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "imdapr-test-ports")).FullName;
    private static readonly Dictionary<int, FileStream> Taken = [];

    public static int Next()
    {
        lock (Taken)
        {
            while (true)
            {
                var port = Random.Shared.Next(First, Last);
                if (!Taken.ContainsKey(port) && IsFree(port) && TryLock(port))
                    return port;
            }
        }
    }

    // Held until this program ends.
    private static bool TryLock(int port)
    {
        try
        {
            Taken.Add(port, new FileStream(Path.Combine(Locks, $"{port}"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            return true;
        }
        catch (IOException)
        {
            return false; // another program has it
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false; // somebody has it: that is the answer
        }
    }
}
