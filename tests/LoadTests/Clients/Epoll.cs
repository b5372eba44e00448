using System.Buffers.Binary;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace ImDapr.LoadTests.Clients;

/// <summary>Linux's epoll: which of many sockets can be read or written.</summary>
internal sealed partial class Epoll : IDisposable
{
    /// <summary>Bits of <c>struct epoll_event.events</c>.</summary>
    public const uint Readable = 0x001, Writable = 0x004;

    private const int MostEvents = 512;
    private const int Add = 1, Delete = 2, Modify = 3;
    private const int CloseOnExec = 0x80000;
    private const int Interrupted = 4; // EINTR

    // struct epoll_event is packed on x86-64 and nowhere else.
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int TokenOffset = EventSize - sizeof(ulong);

    private readonly byte[] _events = new byte[MostEvents * EventSize];
    private readonly int _descriptor = Checked(Create(CloseOnExec));

    public void Watch(SafeHandle socket, int token, uint events) => Control(Add, socket, token, events);

    public void Change(SafeHandle socket, int token, uint events) => Control(Modify, socket, token, events);

    public void Forget(SafeHandle socket) => Control(Delete, socket, 0, 0);

    /// <summary>Waits until something can be done, at most so many milliseconds.</summary>
    /// <returns>How many events <see cref="Event"/> knows.</returns>
    public int Wait(int milliseconds)
    {
        var count = Wait(_descriptor, _events, MostEvents, milliseconds);
        return count < 0 && Marshal.GetLastPInvokeError() == Interrupted ? 0 : Checked(count);
    }

    public (int Token, uint Events) Event(int index)
    {
        var bytes = _events.AsSpan(index * EventSize, EventSize);
        return ((int)BinaryPrimitives.ReadUInt64LittleEndian(bytes[TokenOffset..]), BinaryPrimitives.ReadUInt32LittleEndian(bytes));
    }

    public void Dispose() => _ = Close(_descriptor);

    private void Control(int operation, SafeHandle socket, int token, uint events)
    {
        Span<byte> bytes = stackalloc byte[EventSize];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, events);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[TokenOffset..], (ulong)token);
        Checked(Control(_descriptor, operation, socket, bytes));
    }

    private static int Checked(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(int epoll, int operation, SafeHandle socket, Span<byte> epollEvent);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(int epoll, Span<byte> events, int maxEvents, int timeout);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int descriptor);
}
