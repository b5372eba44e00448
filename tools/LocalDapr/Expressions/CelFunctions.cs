using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace ImDapr.LocalDapr.Expressions;

/// <summary>CEL's standard functions.</summary>
internal static class CelFunctions
{
    // A pattern that backtracks without end is an error; RE2, which cel-go uses, cannot.
    private static readonly TimeSpan PatternLimit = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, (int Arguments, bool Global, bool Method)> Known = new()
    {
        ["size"] = (1, true, true),
        ["matches"] = (2, true, true),
        ["contains"] = (2, false, true),
        ["startsWith"] = (2, false, true),
        ["endsWith"] = (2, false, true),
        ["int"] = (1, true, false),
        ["uint"] = (1, true, false),
        ["double"] = (1, true, false),
        ["string"] = (1, true, false),
        ["bool"] = (1, true, false),
        ["bytes"] = (1, true, false),
        ["dyn"] = (1, true, false),
    };

    public static bool Knows(string name, int arguments, bool isMethod) =>
        Known.TryGetValue(name, out var function) && function.Arguments == arguments && (isMethod ? function.Method : function.Global);

    public static object? Call(string name, object?[] arguments)
    {
        try
        {
            return (name, arguments) switch
            {
                ("size", [var value]) => Size(value),
                ("matches", [string text, string pattern]) => Regex.IsMatch(text, pattern, RegexOptions.CultureInvariant, PatternLimit),
                ("contains", [string text, string part]) => text.Contains(part, StringComparison.Ordinal),
                ("startsWith", [string text, string part]) => text.StartsWith(part, StringComparison.Ordinal),
                ("endsWith", [string text, string part]) => text.EndsWith(part, StringComparison.Ordinal),
                ("dyn", [var value]) => value,
                (_, [var value]) => Convert(name, value),
                _ => throw new CelException("no such overload"),
            };
        }
        catch (Exception exception) when (exception is FormatException or OverflowException or ArgumentException or RegexMatchTimeoutException)
        {
            throw new CelException(exception.Message);
        }
    }

    private static long Size(object? value) => value switch
    {
        string text => text.EnumerateRunes().Count(),
        byte[] bytes => bytes.Length,
        IReadOnlyList<object?> list => list.Count,
        IReadOnlyDictionary<string, object?> map => map.Count,
        _ => throw new CelException("no such overload"),
    };

    private static object Convert(string type, object? value) => (type, value) switch
    {
        ("int", long or ulong or string) => System.Convert.ToInt64(value, CultureInfo.InvariantCulture),
        ("int", double number) => checked((long)number),
        ("uint", long or ulong or string) => System.Convert.ToUInt64(value, CultureInfo.InvariantCulture),
        ("uint", double number) => checked((ulong)number),
        ("double", long or ulong or double or string) => System.Convert.ToDouble(value, CultureInfo.InvariantCulture),
        ("string", byte[] bytes) => Encoding.UTF8.GetString(bytes),
        ("string", bool flag) => flag ? "true" : "false",
        ("string", long or ulong or double or string) => System.Convert.ToString(value, CultureInfo.InvariantCulture)!,
        ("bool", bool flag) => flag,
        ("bool", "true" or "t" or "1" or "TRUE" or "True") => true,
        ("bool", "false" or "f" or "0" or "FALSE" or "False") => false,
        ("bytes", string text) => Encoding.UTF8.GetBytes(text),
        ("bytes", byte[] bytes) => bytes,
        _ => throw new CelException("no such overload"),
    };
}
