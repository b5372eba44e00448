using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace ImDapr.LocalDapr.Sqlite;

/// <summary>
/// The one writer of a database file. What waits while a transaction commits goes into the next one together (group commit); each request has
/// its savepoint, so that a refusal of one leaves the others alone. A caller hears of success only after the commit.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    // Callers wait beyond this: the queue of a writer that cannot keep up must not grow.
    private const int MostWaiting = 4096;
    // A transaction's length is what everybody in it waits for.
    private const int MostInTransaction = 512;

    private readonly SqliteSession _session;
    private readonly Channel<Request> _requests = Channel.CreateBounded<Request>(new BoundedChannelOptions(MostWaiting) { SingleReader = true });
    private readonly Task _loop;

    public SqliteWriter(string path)
    {
        _session = new SqliteSession(path);
        _loop = Task.Run(RunAsync);
    }

    public async Task<T> WriteAsync<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken)
    {
        var request = new Request<T>(work, cancellationToken);
        await _requests.Writer.WriteAsync(request, cancellationToken);
        return await request.Result;
    }

    /// <summary>Commits what waits, then closes the file.</summary>
    public async ValueTask DisposeAsync()
    {
        _requests.Writer.TryComplete();
        await _loop;
        _session.Dispose();
    }

    private async Task RunAsync()
    {
        var batch = new List<Request>();
        while (await _requests.Reader.WaitToReadAsync())
        {
            while (batch.Count < MostInTransaction && _requests.Reader.TryRead(out var request))
                batch.Add(request);
            Commit(batch);
            batch.Clear();
        }
    }

    private void Commit(List<Request> batch)
    {
        try
        {
            _session.Execute("BEGIN IMMEDIATE");
            foreach (var request in batch)
                request.Run(_session);
            _session.Execute("COMMIT");
        }
        catch (SqliteException error)
        {
            RollBack(batch, error);
            return;
        }
        foreach (var request in batch)
            request.Complete();
    }

    // Full disk, lost file, locked by another process: nobody in the transaction may believe that it was kept.
    private void RollBack(List<Request> batch, SqliteException error)
    {
        if (_session.InTransaction)
            _session.Execute("ROLLBACK");
        foreach (var request in batch)
            request.Fail(error);
    }

    private abstract class Request(CancellationToken cancellationToken)
    {
        private Exception? _refusal;

        public void Run(SqliteSession session)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                _refusal = new OperationCanceledException(cancellationToken);
                return;
            }
            session.Execute("SAVEPOINT request");
            try
            {
                Work(session);
            }
            catch (Exception error)
            {
                // Throws when SQLite has ended the whole transaction, which then fails as a whole.
                session.Execute("ROLLBACK TO request");
                _refusal = error;
            }
            session.Execute("RELEASE request");
        }

        public void Complete()
        {
            if (_refusal is null)
                Succeed();
            else
                Fail(_refusal);
        }

        public abstract void Fail(Exception error);

        protected abstract void Work(SqliteSession session);

        protected abstract void Succeed();
    }

    private sealed class Request<T>(Func<SqliteSession, T> work, CancellationToken cancellationToken) : Request(cancellationToken)
    {
        private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? _result;

        public Task<T> Result => _completion.Task;

        public override void Fail(Exception error) => _completion.TrySetException(error);

        protected override void Work(SqliteSession session) => _result = work(session);

        protected override void Succeed() => _completion.TrySetResult(_result!);
    }
}
