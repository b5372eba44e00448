using ImDapr.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace ImDapr.ServiceDefaults.Hosting;

/// <summary>Refusals as RFC 9457 problem details: our code beside the standard members.</summary>
public static class ProblemExtensions
{
    public static ProblemHttpResult ToProblem(this Refusal refusal) =>
        TypedResults.Problem(
            refusal.Message,
            statusCode: StatusOf(refusal.Code),
            type: $"urn:imdapr:error:{refusal.Code}",
            extensions: new Dictionary<string, object?> { ["code"] = refusal.Code, ["retryable"] = refusal.IsRetryable });

    public static int StatusOf(string code) => code switch
    {
        ErrorCodes.InvalidArgument => StatusCodes.Status400BadRequest,
        ErrorCodes.Unauthorized => StatusCodes.Status401Unauthorized,
        ErrorCodes.Blocked or ErrorCodes.NotAMember or ErrorCodes.Forbidden => StatusCodes.Status403Forbidden,
        ErrorCodes.NotFound => StatusCodes.Status404NotFound,
        ErrorCodes.Conflict => StatusCodes.Status409Conflict,
        ErrorCodes.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorCodes.RateLimited => StatusCodes.Status429TooManyRequests,
        ErrorCodes.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };
}
