using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace ImDapr.LocalDapr.State;

/// <summary>
/// One SQLite file of this process, shared by all sidecars that name it. SQLite has one writer, so there is one here: it takes every write that
/// waits into one transaction, a savepoint each, so that one that fails hurts no other. Reads go on beside it (WAL).
/// </summary>
/// <remarks>
/// synchronous=NORMAL: a commit is in the operating system's hands before it is answered, so killing every process loses nothing; a power cut may
/// lose the last moments. That is what an embedded stack for one machine promises.
/// </remarks>
public sealed class SqliteFile : IAsyncDisposable
{
    private const int QueueCapacity = 10_000;
    private const int MaxBatch = 512;
    private const int MaxReaders = 16;

    private static readonly Lock Registry = new();
    private static readonly Dictionary<string, SqliteFile> Open = [];

    private readonly string _path;
    private readonly SqliteConnection _writer;
    private readonly Channel<Write> _queue = Channel.CreateBounded<Write>(QueueCapacity);
    private readonly ConcurrentBag<SqliteConnection> _idleReaders = [];
    private readonly SemaphoreSlim _readers = new(MaxReaders, MaxReaders);
    private readonly Task _loop;
    private int _users;

    private SqliteFile(string path)
    {
        _path = path;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        _writer = Connect();
        Run(_writer, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
        _loop = Task.Run(WriteLoopAsync);
    }

    /// <summary>The file at this path, opened once per process; every taker disposes it.</summary>
    public static SqliteFile Take(string path)
    {
        lock (Registry)
        {
            var full = Path.GetFullPath(path);
            if (!Open.TryGetValue(full, out var file))
                Open[full] = file = new SqliteFile(full);
            file._users++;
            return file;
        }
    }

    /// <summary>Runs this in the writer's next transaction and answers when that is committed.</summary>
    public async Task<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        var write = new Write(connection => work(connection));
        await _queue.Writer.WriteAsync(write, cancellationToken);
        return (T)(await write.Done.Task.WaitAsync(cancellationToken))!;
    }

    /// <summary>Reads beside the writer; what was answered as written is seen.</summary>
    public async Task<T> ReadAsync<T>(Func<SqliteConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        await _readers.WaitAsync(cancellationToken);
        var connection = _idleReaders.TryTake(out var idle) ? idle : Connect();
        try
        {
            return await work(connection);
        }
        finally
        {
            _idleReaders.Add(connection);
            _readers.Release();
        }
    }

    private async Task WriteLoopAsync()
    {
        var batch = new List<Write>();
        while (await _queue.Reader.WaitToReadAsync())
        {
            batch.Clear();
            while (batch.Count < MaxBatch && _queue.Reader.TryRead(out var write))
                batch.Add(write);
            Commit(batch);
        }
    }

    private void Commit(List<Write> batch)
    {
        try
        {
            Run(_writer, "BEGIN IMMEDIATE");
            foreach (var write in batch)
                Attempt(write);
            Run(_writer, "COMMIT");
        }
        catch (SqliteException exception)
        {
            RollBack();
            foreach (var write in batch)
                write.Fail(exception);
        }
        foreach (var write in batch)
            write.Complete();
    }

    private void Attempt(Write write)
    {
        Run(_writer, "SAVEPOINT one");
        try
        {
            write.Result = write.Work(_writer);
        }
        catch (Exception exception)
        {
            // Told to the caller when the others are committed.
            Run(_writer, "ROLLBACK TO one");
            write.Fail(exception);
        }
        Run(_writer, "RELEASE one");
    }

    private void RollBack()
    {
        // A failed COMMIT may have ended the transaction already.
        if (SQLitePCL.raw.sqlite3_get_autocommit(_writer.Handle) == 0)
            Run(_writer, "ROLLBACK");
    }

    private SqliteConnection Connect()
    {
        var connection = new SqliteConnection($"Data Source={_path};Pooling=False;Default Timeout=10");
        connection.Open();
        return connection;
    }

    private static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    public async ValueTask DisposeAsync()
    {
        lock (Registry)
        {
            if (--_users > 0)
                return;
            Open.Remove(_path);
        }
        _queue.Writer.TryComplete();
        await _loop;
        await _writer.DisposeAsync();
        while (_idleReaders.TryTake(out var reader))
            await reader.DisposeAsync();
    }

    private sealed class Write(Func<SqliteConnection, object?> work)
    {
        private Exception? _error;

        public TaskCompletionSource<object?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Func<SqliteConnection, object?> Work => work;

        public object? Result { get; set; }

        public void Fail(Exception error) => _error ??= error;

        public void Complete()
        {
            if (_error is null)
                Done.TrySetResult(Result);
            else
                Done.TrySetException(_error);
        }
    }
}
