using ImDapr.MessageService.Entities;
using ImDapr.MessageService.Entities.Sql;
using Microsoft.Extensions.Logging.Abstractions;

namespace ImDapr.UnitTests.MessageService.Entities;

/// <summary>The storage model <c>redis+mysql</c> on any database.</summary>
public abstract class SqlMessageStoreContract(StoreSidecar sidecar) : MessageStoreContract(sidecar)
{
    protected override IMessageStore Create()
    {
        var shards = Sidecar.Shards();
        var (table, heads) = (new SqlMessageTable(shards), new ConversationHeads());
        return new SqlMessageStore(shards, table, new SqlSequencer(table, heads, Sidecar.Time, NullLogger<SqlSequencer>.Instance), heads, Sidecar.Time);
    }
}
