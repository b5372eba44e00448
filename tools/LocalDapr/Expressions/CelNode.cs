namespace ImDapr.LocalDapr.Expressions;

/// <summary>A part of an expression.</summary>
internal abstract class CelNode
{
    /// <exception cref="CelException">It comes to an error.</exception>
    public abstract object? Evaluate(CelScope scope);

    /// <summary>As <see cref="Evaluate"/>, where only a truth value will do.</summary>
    public bool EvaluateBool(CelScope scope) => Evaluate(scope) is bool value ? value : throw new CelException("no such overload");
}

internal sealed class CelLiteral(object? value) : CelNode
{
    public override object? Evaluate(CelScope scope) => value;
}

internal sealed class CelVariable(string name) : CelNode
{
    public string Name => name;

    public override object? Evaluate(CelScope scope) => scope.Find(name);
}

internal sealed class CelField(CelNode target, string name) : CelNode
{
    public override object? Evaluate(CelScope scope) => target.Evaluate(scope) is IReadOnlyDictionary<string, object?> map
        ? map.TryGetValue(name, out var value) ? value : throw new CelException($"no such key: {name}")
        : throw new CelException("no such overload");

    public bool IsThere(CelScope scope) => target.Evaluate(scope) is IReadOnlyDictionary<string, object?> map
        ? map.ContainsKey(name)
        : throw new CelException("no such overload");
}

internal sealed class CelHas(CelField field) : CelNode
{
    public override object? Evaluate(CelScope scope) => field.IsThere(scope);
}

internal sealed class CelIndex(CelNode target, CelNode index) : CelNode
{
    public override object? Evaluate(CelScope scope) => (target.Evaluate(scope), index.Evaluate(scope)) switch
    {
        (IReadOnlyDictionary<string, object?> map, string key) => map.TryGetValue(key, out var value) ? value : throw new CelException($"no such key: {key}"),
        (IReadOnlyList<object?> list, long at) => At(list, at),
        (IReadOnlyList<object?> list, double at) when Math.Floor(at) == at => At(list, (long)at),
        _ => throw new CelException("no such overload"),
    };

    private static object? At(IReadOnlyList<object?> list, long at) =>
        at >= 0 && at < list.Count ? list[(int)at] : throw new CelException($"index out of bounds: {at}");
}

internal sealed class CelList(IReadOnlyList<CelNode> items) : CelNode
{
    public override object? Evaluate(CelScope scope) => items.Select(item => item.Evaluate(scope)).ToList();
}

internal sealed class CelMap(IReadOnlyList<(CelNode Key, CelNode Value)> entries) : CelNode
{
    public override object? Evaluate(CelScope scope) => entries.ToDictionary(
        entry => entry.Key.Evaluate(scope) as string ?? throw new CelException("unsupported key type"), entry => entry.Value.Evaluate(scope));
}

internal sealed class CelConditional(CelNode condition, CelNode then, CelNode otherwise) : CelNode
{
    public override object? Evaluate(CelScope scope) => (condition.EvaluateBool(scope) ? then : otherwise).Evaluate(scope);
}

/// <summary>&amp;&amp; and ||: when one side decides, an error of the other does not matter, whichever comes first.</summary>
internal sealed class CelLogical(CelNode left, CelNode right, bool decides) : CelNode
{
    public override object? Evaluate(CelScope scope)
    {
        bool first;
        try
        {
            first = left.EvaluateBool(scope);
        }
        catch (CelException)
        {
            if (right.EvaluateBool(scope) == decides)
                return decides;
            throw;
        }
        return first == decides ? decides : right.EvaluateBool(scope);
    }
}

internal sealed class CelUnary(string sign, CelNode operand) : CelNode
{
    public override object? Evaluate(CelScope scope) => (sign, operand.Evaluate(scope)) switch
    {
        ("!", bool value) => !value,
        ("-", long value) when value != long.MinValue => -value,
        ("-", double value) => -value,
        _ => throw new CelException("no such overload"),
    };
}

internal sealed class CelBinary(string sign, CelNode left, CelNode right) : CelNode
{
    public override object? Evaluate(CelScope scope) => CelOperators.Apply(sign, left.Evaluate(scope), right.Evaluate(scope));
}

internal sealed class CelCall(string name, IReadOnlyList<CelNode> arguments) : CelNode
{
    public override object? Evaluate(CelScope scope) => CelFunctions.Call(name, [.. arguments.Select(argument => argument.Evaluate(scope))]);
}

/// <summary>all, exists, exists_one, filter and map over a list, or over the keys of a map.</summary>
internal sealed class CelMacro(string name, CelNode target, string variable, IReadOnlyList<CelNode> arguments) : CelNode
{
    public static readonly HashSet<string> Names = ["all", "exists", "exists_one", "filter", "map"];

    public override object? Evaluate(CelScope scope)
    {
        var items = target.Evaluate(scope) switch
        {
            IReadOnlyList<object?> list => list,
            IReadOnlyDictionary<string, object?> map => map.Keys.ToList<object?>(),
            _ => throw new CelException("no such overload"),
        };
        bool Holds(object? item) => arguments[1].EvaluateBool(scope.With(variable, item));
        return name switch
        {
            "all" => Decided(items, Holds, decides: false),
            "exists" => Decided(items, Holds, decides: true),
            "exists_one" => items.Count(Holds) == 1,
            "filter" => items.Where(Holds).ToList(),
            _ => items.Where(item => arguments.Count == 2 || Holds(item)).Select(item => arguments[^1].Evaluate(scope.With(variable, item))).ToList(),
        };
    }

    private static bool Decided(IReadOnlyList<object?> items, Func<object?, bool> holds, bool decides)
    {
        CelException? failure = null;
        foreach (var item in items)
        {
            try
            {
                if (holds(item) == decides)
                    return decides;
            }
            catch (CelException exception)
            {
                failure = exception;
            }
        }
        return failure is null ? !decides : throw failure;
    }
}
