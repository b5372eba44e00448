using System.Security.Claims;
using ImDapr.Contracts;
using ImDapr.ServiceDefaults.Auth;
using ImDapr.ServiceDefaults.Hosting;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImDapr.UserService.Devices;

public static class DevicesApi
{
    public static void MapDevices(this IEndpointRouteBuilder routes)
    {
        var devices = routes.MapGroup("/api/devices").RequireAuthorization();
        devices.MapGet("/", (ClaimsPrincipal user, DeviceStore store, CancellationToken cancellationToken) => store.ListAsync(user.UserId(), cancellationToken));
        devices.MapDelete("/{deviceId}", RemoveAsync);
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        string deviceId, ClaimsPrincipal user, SessionEnding ending, CancellationToken cancellationToken) =>
        Ids.IsValid(deviceId) && await ending.RemoveAsync(user.UserId(), deviceId, cancellationToken)
            ? TypedResults.NoContent()
            : new Refusal(ErrorCodes.NotFound, "There is no such device.").ToProblem();
}
