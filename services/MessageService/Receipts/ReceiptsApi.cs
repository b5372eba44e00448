using ImDapr.Contracts;

namespace ImDapr.MessageService.Receipts;

public static class ReceiptsApi
{
    public static void MapReceipts(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/internal/read", (UserCall<ReadRequest> call, ReadMarks marks, CancellationToken cancellationToken) =>
            marks.RaiseAsync(call, cancellationToken));
}
