using System.Globalization;
using System.Text;

namespace ImDapr.LocalDapr.Expressions;

internal enum CelTokenKind { Literal, Name, Sign, End }

internal sealed record CelToken(CelTokenKind Kind, string Text, object? Value, int Position);

/// <summary>Splits the text into tokens; literals have their value already.</summary>
internal sealed class CelLexer(string text)
{
    private static readonly string[] Signs =
        ["&&", "||", "==", "!=", "<=", ">=", "<", ">", "+", "-", "*", "/", "%", "!", "?", ":", ".", ",", "(", ")", "[", "]", "{", "}"];

    private readonly List<CelToken> _tokens = [];
    private int _at;

    public List<CelToken> Read()
    {
        while (Skip())
            ReadOne();
        _tokens.Add(new CelToken(CelTokenKind.End, "", null, text.Length));
        return _tokens;
    }

    private bool Skip()
    {
        while (_at < text.Length)
        {
            if (char.IsWhiteSpace(text[_at]))
                _at++;
            else if (text.AsSpan(_at).StartsWith("//"))
                _at = text.IndexOf('\n', _at) is >= 0 and var end ? end : text.Length;
            else
                return true;
        }
        return false;
    }

    private void ReadOne()
    {
        var start = _at;
        var c = text[_at];
        if (StringStart() is { } quote)
            Add(CelTokenKind.Literal, start, String(quote));
        else if (char.IsAsciiDigit(c) || (c == '.' && _at + 1 < text.Length && char.IsAsciiDigit(text[_at + 1])))
            Add(CelTokenKind.Literal, start, Number());
        else if (char.IsAsciiLetter(c) || c == '_')
            Word(start);
        else if (Signs.FirstOrDefault(sign => string.CompareOrdinal(text, _at, sign, 0, sign.Length) == 0) is { } found)
        {
            _at += found.Length;
            Add(CelTokenKind.Sign, start, null);
        }
        else
            throw new FormatException($"'{text}': unexpected '{c}' at position {_at + 1}");
    }

    private void Add(CelTokenKind kind, int start, object? value) => _tokens.Add(new CelToken(kind, text[start.._at], value, start));

    private void Word(int start)
    {
        while (_at < text.Length && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] == '_'))
            _at++;
        switch (text[start.._at])
        {
            case "true": Add(CelTokenKind.Literal, start, true); break;
            case "false": Add(CelTokenKind.Literal, start, false); break;
            case "null": Add(CelTokenKind.Literal, start, null); break;
            case "in": Add(CelTokenKind.Sign, start, null); break;
            default: Add(CelTokenKind.Name, start, null); break;
        }
    }

    private object Number()
    {
        var start = _at;
        if (text.AsSpan(_at).StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            _at += 2;
            while (_at < text.Length && char.IsAsciiHexDigit(text[_at]))
                _at++;
            return Integer(text[(start + 2).._at], NumberStyles.AllowHexSpecifier);
        }
        Digits();
        var isReal = Fraction() | Exponent();
        var digits = text[start.._at];
        return isReal ? double.Parse(digits, CultureInfo.InvariantCulture) : Integer(digits, NumberStyles.None);
    }

    private object Integer(string digits, NumberStyles style)
    {
        if (!ulong.TryParse(digits, style, CultureInfo.InvariantCulture, out var value))
            throw new FormatException($"'{text}': '{digits}' is no integer of 64 bits");
        if (_at < text.Length && text[_at] is 'u' or 'U')
        {
            _at++;
            return value;
        }
        return value <= long.MaxValue ? (long)value : throw new FormatException($"'{text}': '{digits}' is no integer of 64 bits");
    }

    private void Digits()
    {
        while (_at < text.Length && char.IsAsciiDigit(text[_at]))
            _at++;
    }

    private bool Fraction()
    {
        if (_at + 1 >= text.Length || text[_at] != '.' || !char.IsAsciiDigit(text[_at + 1]))
            return false;
        _at++;
        Digits();
        return true;
    }

    private bool Exponent()
    {
        var sign = _at + 1 < text.Length && text[_at + 1] is '+' or '-' ? 1 : 0;
        if (_at + sign + 1 >= text.Length || text[_at] is not ('e' or 'E') || !char.IsAsciiDigit(text[_at + sign + 1]))
            return false;
        _at += sign + 1;
        Digits();
        return true;
    }

    private sealed record Quote(string Sign, bool IsRaw, bool IsBytes);

    // A string may begin with r (raw), b (bytes), or both.
    private Quote? StringStart()
    {
        var at = _at;
        var (raw, bytes) = (false, false);
        while (at < text.Length && at - _at < 2 && text[at] is 'r' or 'R' or 'b' or 'B')
        {
            raw |= text[at] is 'r' or 'R';
            bytes |= text[at] is 'b' or 'B';
            at++;
        }
        if (at >= text.Length || text[at] is not ('"' or '\''))
            return null;
        var single = text[at].ToString();
        var triple = single + single + single;
        var sign = text.AsSpan(at).StartsWith(triple) ? triple : single;
        _at = at + sign.Length;
        return new Quote(sign, raw, bytes);
    }

    private object String(Quote quote)
    {
        var value = new StringBuilder();
        while (true)
        {
            if (_at >= text.Length || (quote.Sign.Length == 1 && text[_at] is '\n' or '\r'))
                throw new FormatException($"'{text}': a string does not end");
            if (text.AsSpan(_at).StartsWith(quote.Sign))
                break;
            if (text[_at] == '\\' && !quote.IsRaw)
                Escape(value);
            else
                value.Append(text[_at++]);
        }
        _at += quote.Sign.Length;
        return quote.IsBytes ? Encoding.UTF8.GetBytes(value.ToString()) : value.ToString();
    }

    private void Escape(StringBuilder value)
    {
        var c = _at + 1 < text.Length ? text[_at + 1] : '\0';
        _at += 2;
        switch (c)
        {
            case 'n': value.Append('\n'); break;
            case 'r': value.Append('\r'); break;
            case 't': value.Append('\t'); break;
            case 'a': value.Append('\a'); break;
            case 'b': value.Append('\b'); break;
            case 'f': value.Append('\f'); break;
            case 'v': value.Append('\v'); break;
            case '\\' or '\'' or '"' or '`' or '?': value.Append(c); break;
            case 'x' or 'X': Code(value, 2, 16); break;
            case 'u': Code(value, 4, 16); break;
            case 'U': Code(value, 8, 16); break;
            case >= '0' and <= '3':
                _at--;
                Code(value, 3, 8);
                break;
            default: throw new FormatException($"'{text}': unknown escape '\\{c}'");
        }
    }

    private void Code(StringBuilder value, int digits, int radix)
    {
        var code = 0;
        for (var end = _at + digits; _at < end; _at++)
        {
            var digit = _at < text.Length && char.IsAsciiHexDigit(text[_at]) ? Convert.ToInt32(text[_at].ToString(), 16) : radix;
            if (digit >= radix)
                throw new FormatException($"'{text}': an escape has too few digits");
            code = (code * radix) + digit;
        }
        if (!Rune.IsValid(code))
            throw new FormatException($"'{text}': an escape is no character");
        value.Append(new Rune(code).ToString());
    }
}
