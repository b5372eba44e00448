using System.Buffers;

namespace ImDapr.LocalDapr.Bindings;

/// <summary>What MySQL's client has to know of a statement without asking the server.</summary>
/// <param name="Placeholders">Question marks outside of strings, names and comments.</param>
/// <param name="IsSeveral">A semicolon is followed by another statement.</param>
internal readonly record struct SqlShape(int Placeholders, bool IsSeveral)
{
    private static readonly SearchValues<char> Marks = SearchValues.Create("?;'\"`-#/");

    public static SqlShape Of(ReadOnlySpan<char> sql)
    {
        var placeholders = 0;
        var ended = false;
        var several = false;
        while (!sql.IsEmpty)
        {
            var plain = sql.IndexOfAny(Marks) is >= 0 and var mark ? mark : sql.Length;
            several |= ended && !sql[..plain].IsWhiteSpace();
            sql = sql[plain..];
            if (sql.IsEmpty)
                break;
            var length = Length(sql, out var isComment);
            placeholders += sql[0] == '?' ? 1 : 0;
            several |= ended && !isComment && sql[0] != ';';
            ended |= sql[0] == ';';
            sql = sql[length..];
        }
        return new SqlShape(placeholders, several);
    }

    // An executable comment (/*! … */) counts as a comment: what stands in it is never a placeholder or a statement of its own.
    private static int Length(ReadOnlySpan<char> sql, out bool isComment)
    {
        isComment = sql[0] == '#' || sql.StartsWith("/*") || (sql.StartsWith("--") && (sql.Length == 2 || char.IsWhiteSpace(sql[2])));
        if (sql[0] is '\'' or '"' or '`')
            return QuotedLength(sql);
        if (!isComment)
            return 1;
        var (start, closing) = sql[0] == '/' ? (2, "*/") : (1, "\n");
        return sql[start..].IndexOf(closing) is >= 0 and var end ? start + end + closing.Length : sql.Length;
    }

    // A doubled quote reads as two strings side by side, which comes to the same.
    private static int QuotedLength(ReadOnlySpan<char> sql)
    {
        for (var i = 1; i < sql.Length; i++)
        {
            if (sql[i] == sql[0])
                return i + 1;
            if (sql[i] == '\\' && sql[0] != '`')
                i++;
        }
        return sql.Length;
    }
}
