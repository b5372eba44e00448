namespace ImDapr.LocalDapr.Expressions;

/// <summary>
/// An expression in the Common Expression Language (cel-spec), as routing rules and circuit breakers use it: literals, fields, indexes, operators,
/// the conditional, the standard functions on strings, numbers, lists and maps, and the macros has, all, exists, exists_one, filter and map.
/// </summary>
/// <remarks>Variables are dynamic, as in daprd: types are checked when it is evaluated. Timestamps, durations and messages are not supported.</remarks>
public sealed class CelExpression
{
    private readonly CelNode _root;

    private CelExpression(string text, CelNode root) => (Text, _root) = (text, root);

    public string Text { get; }

    /// <exception cref="FormatException">It is no expression, or calls a function that is not supported; the message names the position.</exception>
    public static CelExpression Compile(string text) => new(text, new CelParser(text).Parse());

    /// <param name="variables">Values: null, bool, long, ulong, double, string, byte[], lists and dictionaries of them.</param>
    /// <param name="result">What it comes to.</param>
    /// <param name="error">Why it comes to nothing: a missing key, operands that do not fit.</param>
    public bool TryEvaluate(IReadOnlyDictionary<string, object?> variables, out object? result, out string? error)
    {
        try
        {
            (result, error) = (_root.Evaluate(new CelScope(variables)), null);
            return true;
        }
        catch (CelException exception)
        {
            (result, error) = (null, exception.Message);
            return false;
        }
    }

    public override string ToString() => Text;
}

/// <summary>An evaluation came to an error.</summary>
internal sealed class CelException(string message) : Exception(message);

/// <summary>Variables, and those that macros bind on the way.</summary>
internal sealed class CelScope(IReadOnlyDictionary<string, object?> variables, CelScope? outer = null)
{
    public object? Find(string name) => variables.TryGetValue(name, out var value) ? value
        : outer is not null ? outer.Find(name)
        : throw new CelException($"no such attribute: {name}");

    public CelScope With(string name, object? value) => new(new Dictionary<string, object?> { [name] = value }, this);
}
