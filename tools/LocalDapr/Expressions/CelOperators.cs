using System.Numerics;

namespace ImDapr.LocalDapr.Expressions;

/// <summary>Operators on CEL's values. Numbers compare across their types; arithmetic wants both sides of one type, without overflow.</summary>
internal static class CelOperators
{
    public static object? Apply(string sign, object? left, object? right) => sign switch
    {
        "==" => AreEqual(left, right),
        "!=" => !AreEqual(left, right),
        "<" => Compare(left, right) < 0,
        "<=" => Compare(left, right) is < 0 or 0,
        ">" => Compare(left, right) > 0,
        ">=" => Compare(left, right) is > 0 or 0,
        "in" => IsIn(left, right),
        _ => Calculate(sign, left, right),
    };

    public static bool AreEqual(object? left, object? right) => (left, right) switch
    {
        (null, null) => true,
        (bool a, bool b) => a == b,
        (string a, string b) => a == b,
        (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
        (IReadOnlyList<object?> a, IReadOnlyList<object?> b) => a.Count == b.Count && a.Zip(b).All(pair => AreEqual(pair.First, pair.Second)),
        (IReadOnlyDictionary<string, object?> a, IReadOnlyDictionary<string, object?> b) =>
            a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var other) && AreEqual(pair.Value, other)),
        _ => IsNumber(left) && IsNumber(right) && CompareNumbers(left!, right!) == 0,
    };

    private static bool IsNumber(object? value) => value is long or ulong or double;

    // Null: not a number is neither below nor above anything.
    private static int? Compare(object? left, object? right) => (left, right) switch
    {
        (string a, string b) => string.CompareOrdinal(a, b),
        (bool a, bool b) => a.CompareTo(b),
        (byte[] a, byte[] b) => a.AsSpan().SequenceCompareTo(b),
        _ when IsNumber(left) && IsNumber(right) => CompareNumbers(left!, right!),
        _ => throw new CelException("no such overload"),
    };

    private static int? CompareNumbers(object left, object right)
    {
        if (left is not double && right is not double)
            return Whole(left).CompareTo(Whole(right));
        var (a, b) = (Convert.ToDouble(left, null), Convert.ToDouble(right, null));
        return double.IsNaN(a) || double.IsNaN(b) ? null : a.CompareTo(b);
    }

    private static BigInteger Whole(object value) => value is ulong unsigned ? unsigned : (long)value;

    private static bool IsIn(object? item, object? container) => container switch
    {
        IReadOnlyList<object?> list => list.Any(other => AreEqual(item, other)),
        IReadOnlyDictionary<string, object?> map => item is string key && map.ContainsKey(key),
        _ => throw new CelException("no such overload"),
    };

    private static object Calculate(string sign, object? left, object? right)
    {
        try
        {
            return (left, right) switch
            {
                (long a, long b) => Calculate(sign, a, b),
                (ulong a, ulong b) => Calculate(sign, a, b),
                (double a, double b) when sign != "%" => Calculate(sign, a, b),
                (string a, string b) when sign == "+" => a + b,
                (byte[] a, byte[] b) when sign == "+" => (byte[])[.. a, .. b],
                (IReadOnlyList<object?> a, IReadOnlyList<object?> b) when sign == "+" => (List<object?>)[.. a, .. b],
                _ => throw new CelException("no such overload"),
            };
        }
        catch (OverflowException)
        {
            throw new CelException("integer overflow");
        }
        catch (DivideByZeroException)
        {
            throw new CelException(sign == "%" ? "modulus by zero" : "division by zero");
        }
    }

    private static T Calculate<T>(string sign, T left, T right) where T : INumber<T> => sign switch
    {
        "+" => checked(left + right),
        "-" => checked(left - right),
        "*" => checked(left * right),
        "/" => checked(left / right),
        _ => left % right,
    };
}
