using System.Text;
using ImDapr.LocalDapr.Expressions;

namespace ImDapr.UnitTests.LocalDapr.Expressions;

/// <summary>CEL as routing rules use it; what each comes to is what cel-spec says for dynamic values.</summary>
public sealed class CelExpressionTests
{
    private const string Event = """{"type":"order.made","data":{"total":12.5,"count":3,"tags":["new","big"],"buyer":{"name":"ann"},"none":null},"time":"2026-01-02T03:04:05Z"}""";

    [Theory]
    [InlineData("event.type == 'order.made'")]
    [InlineData("event.type.startsWith(\"order.\") && event.type.endsWith('made') && event.type.contains('r.m')")]
    [InlineData("event.type.matches('^order\\\\.[a-z]+$')")]
    [InlineData("event['type'] != r'order\\made'")]
    [InlineData("event.data.total > 12 && event.data.total <= 12.5")] // numbers compare across types
    [InlineData("event.data.count == 3 && event.data.count in [1, 2, 3]")]
    [InlineData("event.data.total + 1.5 == 14.0 && 7 / 2 == 3 && 7 % 2 == 1 && -(3 - 5) == 2")]
    [InlineData("size(event.data.tags) == 2 && event.data.tags[0] == 'new' && 'big' in event.data.tags")]
    [InlineData("has(event.data.buyer) && !has(event.data.seller) && has(event.data.none)")]
    [InlineData("event.data.none == null")]
    [InlineData("event.data.seller == 'x' || event.type != ''")] // an error does not matter when the other side decides
    [InlineData("event.type != '' || event.data.seller == 'x'")]
    [InlineData("!(event.data.seller == 'x' && false)")]
    [InlineData("event.data.count > 2 ? true : false")]
    [InlineData("event.data.tags.exists(t, t == 'big') && event.data.tags.all(t, t.size() == 3)")]
    [InlineData("event.data.tags.filter(t, t != 'new') == ['big'] && event.data.tags.map(t, t + '!')[0] == 'new!'")]
    [InlineData("event.data.tags.exists_one(t, t == 'new') && 'name' in event.data.buyer")]
    [InlineData("int(event.data.count) + 1 == 4 && string(1) == '1' && double('2.5') > 2")]
    [InlineData("\"\"\"a\"b\"\"\" == 'a\"b' && '\\u00e9' == 'é' && 0x10 == 16 && 1e3 == 1000.0")]
    [InlineData("{'a': 1}['a'] == 1 // a comment")]
    public void True_is_what_the_specification_says_is(string text) => Assert.True((bool)Evaluate(text)!);

    [Theory]
    [InlineData("event.data.seller == 'x'", "no such key: seller")]
    [InlineData("event.data.seller == 'x' && true", "no such key: seller")]
    [InlineData("event.data.total + 1", "no such overload")] // no arithmetic across types
    [InlineData("event.type > 1", "no such overload")]
    [InlineData("1 / 0", "division by zero")]
    [InlineData("9223372036854775807 + 1", "integer overflow")]
    [InlineData("event.data.tags[2]", "index out of bounds: 2")]
    [InlineData("other.type == 'x'", "no such attribute: other")]
    [InlineData("int('x')", null)]
    public void An_error_is_told_and_is_no_result(string text, string? expected)
    {
        Assert.False(CelExpression.Compile(text).TryEvaluate(Variables(), out _, out var error));
        Assert.True(expected is null ? error is { Length: > 0 } : error == expected, error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("event.")]
    [InlineData("event.type ==")]
    [InlineData("(event.type")]
    [InlineData("event.type = 'x'")]
    [InlineData("'open")]
    [InlineData("unheard(event.type)")]
    [InlineData("event.type.contains()")]
    [InlineData("has(event)")]
    [InlineData("event.tags.all(1, true)")]
    [InlineData("9223372036854775808")]
    public void What_is_no_expression_is_refused_when_it_is_compiled(string text) => Assert.Throws<FormatException>(() => CelExpression.Compile(text));

    private static Dictionary<string, object?> Variables() => new() { ["event"] = CelJson.Read(Encoding.UTF8.GetBytes(Event)) };

    private static object? Evaluate(string text)
    {
        Assert.True(CelExpression.Compile(text).TryEvaluate(Variables(), out var result, out var error), error);
        return result;
    }
}
