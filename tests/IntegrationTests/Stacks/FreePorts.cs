using System.Net;
using System.Net.Sockets;

namespace ImDapr.IntegrationTests.Stacks;

/// <summary>Ports for servers, below those that the system hands out to clients: a free one stays free until its server starts.</summary>
internal static class FreePorts
{
    private const int First = 20_000;
    private const int Last = 30_000;
    private static readonly HashSet<int> Taken = [];

    public static int Next()
    {
        lock (Taken)
        {
            while (true)
            {
                var port = Random.Shared.Next(First, Last);
                if (Taken.Add(port) && IsFree(port))
                    return port;
            }
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
