namespace ImDapr.UnitTests.MessageService.Entities;

public sealed class SqlMessageStoreTests(StoreSidecar sidecar) : SqlMessageStoreContract(sidecar), IClassFixture<StoreSidecar>;
