using System.Collections.Concurrent;
using ImDapr.LocalDapr.Resources;
using Microsoft.Data.Sqlite;

namespace ImDapr.LocalDapr.Sqlite;

/// <summary>
/// A database file, shared by all components of this process that name it: one writer, several readers. Every opener disposes it once;
/// the last one closes the file.
/// </summary>
internal sealed class SqliteDatabase : IAsyncDisposable
{
    // Reads are short and in memory; more at once than this only compete for the cores.
    private static readonly int MostReaders = Math.Max(4, Environment.ProcessorCount);
    private static readonly Dictionary<string, SqliteDatabase> Opened = [];
    private static readonly Lock Gate = new();

    private readonly string _path;
    private readonly SqliteWriter _writer;
    private readonly SemaphoreSlim _readers = new(MostReaders);
    private readonly ConcurrentBag<SqliteSession> _idleReaders = [];
    private readonly ConcurrentDictionary<Type, object> _shared = [];
    private int _users;

    private SqliteDatabase(string path)
    {
        _path = path;
        _writer = new SqliteWriter(path);
    }

    /// <exception cref="ComponentException">The file cannot be opened.</exception>
    public static SqliteDatabase Open(ComponentSpec spec, params ReadOnlySpan<string> names)
    {
        var path = FilePath(spec, names);
        try
        {
            return Open(path);
        }
        catch (Exception error) when (error is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new ComponentException($"{spec.File}: component {spec.Name} ({spec.Type}) cannot open {path}: {error.Message}", error);
        }
    }

    /// <summary>Runs <paramref name="work"/> in a transaction; completes after its commit, throws what the work threw.</summary>
    public Task<T> WriteAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) => _writer.WriteAsync(work, cancellationToken);

    /// <summary>Runs <paramref name="read"/>, which sees everything that was committed before.</summary>
    public async Task<T> ReadAsync<T>(Func<SqliteSession, T> read, CancellationToken cancellationToken)
    {
        await _readers.WaitAsync(cancellationToken);
        try
        {
            if (!_idleReaders.TryTake(out var session))
                session = new SqliteSession(_path);
            try
            {
                return read(session);
            }
            finally
            {
                _idleReaders.Add(session);
            }
        }
        finally
        {
            _readers.Release();
        }
    }

    /// <summary>The one object of its type that belongs to this file in this process.</summary>
    public T Share<T>(Func<SqliteDatabase, T> create) where T : class => (T)_shared.GetOrAdd(typeof(T), _ => create(this));

    public async ValueTask DisposeAsync()
    {
        lock (Gate)
        {
            if (--_users > 0)
                return;
            Opened.Remove(_path);
        }
        await _writer.DisposeAsync();
        // Reads under way finish first: each holds a place.
        for (var i = 0; i < MostReaders; i++)
            await _readers.WaitAsync(CancellationToken.None);
        foreach (var session in _idleReaders)
            session.Dispose();
    }

    private static SqliteDatabase Open(string path)
    {
        lock (Gate)
        {
            if (!Opened.TryGetValue(path, out var database))
            {
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                Opened[path] = database = new SqliteDatabase(path);
            }
            database._users++;
            return database;
        }
    }

    private static string FilePath(ComponentSpec spec, ReadOnlySpan<string> names)
    {
        var name = names[0];
        foreach (var alias in names)
        {
            if (spec.Find(alias) is not null)
                name = alias;
        }
        var value = spec.Require(name);
        if (value.Contains(":memory:") || value.Contains('?'))
            throw spec.Invalid(name, "the path of a file, without options");
        var path = value.StartsWith("file:", StringComparison.Ordinal) ? value["file:".Length..] : value;
        return Path.GetFullPath(Path.Combine(spec.WorkingFolder, path));
    }
}
