using ImDapr.Contracts;

namespace ImDapr.MessageService.Receipts;

public static class ReceiptsApi
{
    public static void MapReceipts(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/internal/read", (UserCall<ReadRequest> call, ReadMarks marks, CancellationToken cancellationToken) =>
            marks.RaiseAsync(call, cancellationToken));
        routes.MapPost("/internal/receipts", (UserCall<ReceiptsRequest> call, ReceiptReader reader, CancellationToken cancellationToken) =>
            reader.ReadAsync(call, cancellationToken));
    }
}
