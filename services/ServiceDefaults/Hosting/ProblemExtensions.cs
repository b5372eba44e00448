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

    /// <summary>With a <c>Retry-After</c>, in whole seconds.</summary>
    public static IResult ToProblem(this Refusal refusal, TimeSpan retryAfter) => new RetryLater(refusal.ToProblem(), retryAfter);

    public static int StatusOf(string code) => code switch
    {
        ErrorCodes.InvalidArgument => StatusCodes.Status400BadRequest,
        ErrorCodes.Unauthorized => StatusCodes.Status401Unauthorized,
        ErrorCodes.Blocked or ErrorCodes.NotAMember or ErrorCodes.Forbidden => StatusCodes.Status403Forbidden,
        ErrorCodes.NotFound => StatusCodes.Status404NotFound,
        ErrorCodes.Conflict => StatusCodes.Status409Conflict,
        ErrorCodes.TooLarge => StatusCodes.Status413PayloadTooLarge,
        ErrorCodes.RateLimited => StatusCodes.Status429TooManyRequests,
        ErrorCodes.UnknownVersion => StatusCodes.Status501NotImplemented,
        ErrorCodes.Unavailable => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    private sealed record RetryLater(ProblemHttpResult Problem, TimeSpan After) : IResult
    {
        public Task ExecuteAsync(HttpContext context)
        {
            context.Response.Headers.RetryAfter = $"{Math.Ceiling(After.TotalSeconds):F0}";
            return Problem.ExecuteAsync(context);
        }
    }
}
